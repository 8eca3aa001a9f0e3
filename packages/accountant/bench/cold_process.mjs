import {spawnSync} from 'node:child_process';
import {fileURLToPath} from 'node:url';

const BIN = fileURLToPath(new URL('../bin/dp-accountant.js', import.meta.url));
const FLAGS = '--N=60000 --batch_size=256 --noise_multiplier=1.1 --epochs=60 --delta=1e-5'.split(' ');
/** Reports the whole process's own processor time, in microseconds, when it ends. */
const TELL = `data:text/javascript,process.on('exit',()=>{const c=process.cpuUsage();process.stderr.write(String(c.user+c.system))})`;
const RUNS = 5;

/** One call of `dp-accountant epsilon` in a process of its own: the best of some. */
export function coldProcess() {
  let [milliseconds, cpuMilliseconds] = [Infinity, Infinity];
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now();
    const {status, stderr} = spawnSync(process.execPath, ['--import', TELL, BIN, 'epsilon', ...FLAGS], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`dp-accountant epsilon ended with ${status}: ${stderr}`);
    milliseconds = Math.min(milliseconds, performance.now() - start);
    cpuMilliseconds = Math.min(cpuMilliseconds, Number(stderr) / 1000);
  }
  return {name: 'dp-accountant epsilon, cold process', milliseconds, cpuMilliseconds};
}
