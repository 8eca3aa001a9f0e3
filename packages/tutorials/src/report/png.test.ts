import {expect, test} from '@jest/globals';

import {svgToPng} from './png.js';

const svg = (text: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><text x="2" y="15" font-family="sans-serif">${text}</text></svg>`;

test('draws a picture twice as large, with its letters', async () => {
  const [empty, letters] = [await svgToPng(svg('')), await svgToPng(svg('1.5'))].map((png) =>
    Buffer.from(png),
  ) as [Buffer, Buffer];
  expect(letters.toString('latin1', 1, 4)).toBe('PNG');
  // The header: width and height.
  expect([letters.readUInt32BE(16), letters.readUInt32BE(20)]).toEqual([80, 40]);
  // Without a font the letters would be missing.
  expect(letters.length).toBeGreaterThan(empty.length + 100);
});
