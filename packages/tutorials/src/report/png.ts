import {readFile} from 'node:fs/promises';
import {createRequire} from 'node:module';

const require = createRequire(import.meta.url);
/** Fonts differ from machine to machine, and some have none: this one travels with the package. */
const FONT = {file: '@expo-google-fonts/roboto/400Regular/Roboto_400Regular.ttf', family: 'Roboto'};
let started: Promise<unknown> | undefined;

/** Draws an SVG as PNG, twice as large for sharp screens. The library that draws is loaded by this call. */
export async function svgToPng(svg: string): Promise<Uint8Array> {
  const {initWasm, Resvg} = await import('@resvg/resvg-wasm');
  started ??= initWasm(readFile(require.resolve('@resvg/resvg-wasm/index_bg.wasm')));
  const [font] = await Promise.all([readFile(require.resolve(FONT.file)), started]);
  const picture = new Resvg(svg, {
    fitTo: {mode: 'zoom', value: 2},
    font: {fontBuffers: [font], defaultFontFamily: FONT.family, sansSerifFamily: FONT.family},
  });
  try {
    return picture.render().asPng();
  } finally {
    picture.free();
  }
}
