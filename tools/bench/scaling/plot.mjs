// Draws how a step's processor time grows, from the benchmark's JSON lines on standard input, as SVG on standard output:
//   npm run -s bench -- mnist-cnn --batch 64,256,1024,4096 --json | node tools/bench/scaling/plot.mjs batch > batch.svg
//   npm run -s bench -- mlp --width 128,512,2048 --json | node tools/bench/scaling/plot.mjs parameters > parameters.svg
// The slopes of least squares on both logarithms go to standard error.
import {readFileSync} from 'node:fs';

const SIZE = {width: 480, height: 360, margin: 60};
const COLOURS = {private: '#b3261e', plain: '#1a56b0'};

const axis = process.argv[2] ?? 'batch';
const lines = readFileSync(0, 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('{'))
  .map((line) => JSON.parse(line));
if (lines.length < 2 || lines.some((line) => !(line[axis] > 0))) {
  throw new Error(`every line of the input must have a positive '${axis}', and there must be two or more`);
}

const points = Object.keys(COLOURS).map((mode) => ({
  mode,
  at: lines
    .filter((line) => line.mode === mode)
    .map((line) => [Math.log10(line[axis]), Math.log10(line.cpuMs)]),
}));
for (const {mode, at} of points) console.error(`${mode}: slope ${slope(at).toFixed(2)} in ${axis}`);

const all = points.flatMap(({at}) => at);
const x = scale(
  all.map(([value]) => value),
  [SIZE.margin, SIZE.width - 20],
);
const y = scale(
  all.map(([, value]) => value),
  [SIZE.height - SIZE.margin, 20],
);
console.log(
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE.width} ${SIZE.height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${SIZE.width}" height="${SIZE.height}" fill="white"/>`,
    ...ticks(x).map(
      (t) =>
        `<text x="${x(t)}" y="${SIZE.height - SIZE.margin + 18}" text-anchor="middle">${label(t)}</text>`,
    ),
    ...ticks(y).map(
      (t) => `<text x="${SIZE.margin - 8}" y="${y(t) + 4}" text-anchor="end">${label(t)}</text>`,
    ),
    ...ticks(x).map((t) => `<path d="M${x(t)} 20V${SIZE.height - SIZE.margin}" stroke="#ddd"/>`),
    ...ticks(y).map((t) => `<path d="M${SIZE.margin} ${y(t)}H${SIZE.width - 20}" stroke="#ddd"/>`),
    `<text x="${SIZE.width / 2}" y="${SIZE.height - 16}" text-anchor="middle">${axis} (${lines[0].model})</text>`,
    `<text transform="translate(16 ${SIZE.height / 2}) rotate(-90)" text-anchor="middle">processor time of a step, ms</text>`,
    ...points.flatMap(({mode, at}, i) => [
      `<polyline points="${at.map(([a, b]) => `${x(a)},${y(b)}`).join(' ')}" fill="none" stroke="${COLOURS[mode]}" stroke-width="2"/>`,
      ...at.map(([a, b]) => `<circle cx="${x(a)}" cy="${y(b)}" r="3.5" fill="${COLOURS[mode]}"/>`),
      `<text x="${SIZE.margin + 12}" y="${38 + 18 * i}" fill="${COLOURS[mode]}">${mode}, slope ${slope(at).toFixed(2)}</text>`,
    ]),
    '</svg>',
  ].join('\n'),
);

/** From logarithms to the page, with a little room on both ends. */
function scale(values, [from, to]) {
  const [low, high] = [Math.min(...values) - 0.15, Math.max(...values) + 0.15];
  return Object.assign((value) => Math.round(from + ((value - low) / (high - low)) * (to - from)), {
    low,
    high,
  });
}

/** Powers of ten, and where these are few their doubles and fivefolds. */
function ticks({low, high}) {
  const steps = high - low > 2.5 ? [1] : [1, 2, 5];
  const found = [];
  for (let power = Math.floor(low); power <= high; power++) {
    for (const step of steps) {
      const value = power + Math.log10(step);
      if (value >= low && value <= high) found.push(value);
    }
  }
  return found;
}

function label(logarithm) {
  return Number((10 ** logarithm).toPrecision(3)).toLocaleString('en');
}

function slope(at) {
  const mean = (i) => at.reduce((sum, point) => sum + point[i], 0) / at.length;
  const [mx, my] = [mean(0), mean(1)];
  const cross = at.reduce((sum, [a, b]) => sum + (a - mx) * (b - my), 0);
  return cross / at.reduce((sum, [a]) => sum + (a - mx) ** 2, 0);
}
