import {spawnSync} from 'node:child_process';

const CODE = `
import json, sys, time
try:
    import dp_accounting as d
    from dp_accounting import pld
except ImportError as e:
    print(json.dumps({"missing": str(e)}))
    sys.exit()
results = []
for c in json.load(sys.stdin):
    event = d.PoissonSampledDpEvent(c["q"], d.GaussianDpEvent(c["z"]))
    best, best_cpu = float("inf"), float("inf")
    for _ in range(3):
        t, cpu = time.perf_counter(), time.process_time()
        value = pld.PLDAccountant().compose(event, c["steps"]).get_epsilon(c["delta"])
        best = min(best, time.perf_counter() - t)
        best_cpu = min(best_cpu, time.process_time() - cpu)
    finite = value if value < float("inf") else "Infinity"
    results.append({
        "dpAccounting": finite,
        "dpAccountingMilliseconds": round(1000 * best, 1),
        "dpAccountingCpuMilliseconds": round(1000 * best_cpu, 1),
    })
print(json.dumps({"results": results}))`;

/** What Python's dp-accounting says to the same cases, and how long it takes; a note where Python lacks it. */
export function byPython(cases) {
  const python = process.env.DP_PYTHON ?? 'python3';
  const {status, stdout, stderr, error} = spawnSync(python, ['-c', CODE], {
    input: JSON.stringify(cases),
    encoding: 'utf8',
  });
  const failed = error?.message ?? (status === 0 ? undefined : stderr.trim().split('\n').at(-1));
  const {results, missing} = failed === undefined ? JSON.parse(stdout) : {missing: failed};
  return results ?? cases.map(() => ({dpAccounting: `not compared: ${python}: ${missing}`}));
}
