import {afterEach, beforeEach, describe, expect, test} from '@jest/globals';
import {barOf, clock} from './line_text.js';
import {createProgress, trainingLine} from './progress.js';
import {Screen} from './testing/screen.js';

const status = {
  label: 'epoch 1/2',
  step: 117,
  totalSteps: 234,
  examplesPerStep: 256,
  stepsPerSecond: 18,
  loss: 0.53249,
};

describe('the line about training', () => {
  test('shows step, time left, and, marked as not private, speed and loss', () => {
    expect(trainingLine(status, 120)).toBe(
      'epoch 1/2 ████████████░░░░░░░░░░░░ step 117/234 | local, not private: loss 0.532, 0:07 left, 4,608 examples/s',
    );
  });

  test('leaves out what is not known yet', () => {
    const start = {...status, label: undefined, step: 0, stepsPerSecond: undefined, loss: undefined};
    expect(trainingLine(start, 120)).toBe('░░░░░░░░░░░░░░░░░░░░░░░░ step 0/234');
    expect(trainingLine({...status, examplesPerStep: undefined}, 120)).toMatch(
      /not private: loss 0.532, 0:07 left$/,
    );
    expect(trainingLine({...status, loss: Number.NaN}, 120)).toMatch(
      /not private: loss NaN, 0:07 left, 4,608 examples\/s$/,
    );
  });

  test('is never as wide as the terminal', () => {
    for (let columns = 2; columns < 130; columns++) {
      expect(trainingLine(status, columns).length).toBeLessThan(columns);
    }
    expect(trainingLine(status, 90)).toMatch(/^epoch 1\/2 step/);
    expect(trainingLine(status, 102)).toMatch(/^epoch 1\/2 █+░+ step/);
  });

  test.each([
    [0, '0:00'],
    [6.5, '0:07'],
    [59.5, '1:00'],
    [3599, '59:59'],
    [3600, '1:00:00'],
    [90_061, '25:01:01'],
  ])('%p seconds are shown as %s', (seconds, shown) => {
    expect(clock(seconds)).toBe(shown);
  });

  test('the bar is full only at the end, and never fuller', () => {
    expect([barOf(-1, 4), barOf(0, 4), barOf(0.5, 4), barOf(1, 4), barOf(2, 4)]).toEqual([
      '░░░░',
      '░░░░',
      '██░░',
      '████',
      '████',
    ]);
  });
});

describe('createProgress', () => {
  const term = process.env.TERM;
  beforeEach(() => {
    process.env.TERM = 'xterm';
  });
  afterEach(() => {
    if (term === undefined) delete process.env.TERM;
    else process.env.TERM = term;
  });

  test('draws and clears, and leaves the modes of the terminal and the listeners of the process alone', async () => {
    const screen = new Screen();
    const listeners = () => ['exit', 'SIGINT', 'SIGTERM'].map((event) => process.listenerCount(event));
    const before = listeners();
    let time = 0;
    const progress = createProgress(screen.asStream(), () => time);
    progress.start(10, {label: 'epoch 1/1', examplesPerStep: 256});
    expect(screen.line).toMatch(/^epoch 1\/1 ░+ step 0\/10$/);
    time = 0.5;
    progress.update({step: 1, loss: 2.25});
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(screen.line).toMatch(/step 1\/10 \| local, not private: loss 2\.250, 0:05 left, 512 examples\/s$/);
    progress.stop();
    // Back to the first column, and the line and what is below are cleared.
    expect(screen.written.endsWith('\x1b[1G\x1b[2K\r\x1b[J')).toBe(true);
    expect(screen.written).not.toContain('\n');
    expect(screen.written).not.toContain('\x1b[?');
    expect(listeners()).toEqual(before);
    const {written} = screen;
    progress.update({step: 2});
    progress.stop();
    expect(screen.written).toBe(written);
  });

  test('draws while the event loop is kept busy', () => {
    const screen = new Screen();
    const progress = createProgress(screen.asStream());
    progress.start(100);
    const until = Date.now() + 600;
    for (let step = 1; Date.now() < until; step++) progress.update({step: Math.min(step, 99)});
    progress.stop();
    expect(screen.written).toContain('step 99/100');
  });

  test('goes on where an earlier part ended', () => {
    const screen = new Screen();
    let time = 0;
    const progress = createProgress(screen.asStream(), () => time);
    progress.start(20, {done: 10});
    expect(screen.line).toMatch(/step 10\/20/);
    time = 1;
    progress.update({step: 11});
    progress.start(30, {done: 20});
    expect(screen.line).toMatch(/step 20\/30$/);
    progress.stop();
  });

  test.each([
    ['no terminal', new Screen({isTTY: false}), 'xterm'],
    ['a terminal that can not move its cursor', new Screen(), 'dumb'],
  ])('is quiet on %s', (_, screen, name) => {
    process.env.TERM = name;
    const progress = createProgress(screen.asStream());
    progress.start(10);
    progress.update({step: 1, loss: 1});
    progress.stop();
    expect(screen.written).toBe('');
  });
});
