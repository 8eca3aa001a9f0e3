import {homedir} from 'node:os';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import {cacheFolder} from './cache.js';

const home = homedir();

test.each([
  ['DP_CACHE_DIR wins', {DP_CACHE_DIR: '/x', XDG_CACHE_HOME: '/y'}, 'linux', '/x'],
  ['XDG_CACHE_HOME', {XDG_CACHE_HOME: '/y'}, 'linux', '/y/dp-tensorflow-js'],
  ['a relative XDG_CACHE_HOME is ignored', {XDG_CACHE_HOME: 'y'}, 'linux', `${home}/.cache/dp-tensorflow-js`],
  ['the home folder', {}, 'darwin', `${home}/.cache/dp-tensorflow-js`],
  [
    'LOCALAPPDATA on Windows',
    {LOCALAPPDATA: '/local', XDG_CACHE_HOME: '/y'},
    'win32',
    '/local/dp-tensorflow-js',
  ],
] as const)('the cache folder: %s', (_, environment, platform, expected) => {
  expect(cacheFolder(environment, platform)).toBe(join(expected));
});
