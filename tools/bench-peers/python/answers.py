"""Steps on request, as `tools/bench/harness/child.mjs` asks for them: a line of JSON in, a line of JSON out."""

import argparse
import json
import os
import resource
import sys
import time

# Before a framework is imported, which looks how many there are.
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])


def flags():
    """What main.mjs asks a process to run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", choices=["mnist-cnn", "char-lstm"], required=True)
    parser.add_argument("--mode", choices=["private", "plain"], required=True)
    return parser.parse_args()


def answer(step, versions):
    """Takes `steps` steps a question; none ends it. `step` returns when its update is done."""
    for line in sys.stdin:
        steps = json.loads(line)["steps"]
        if steps == 0:
            # Kibibytes on Linux.
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(json.dumps({"peakRssMiB": peak, "versions": versions}), flush=True)
            return
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(steps):
            step()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        print(json.dumps({"stepMs": 1000 * wall / steps, "cpuMs": 1000 * cpu / steps}), flush=True)
