#!/usr/bin/env python3
"""A training step beside PyTorch's: one nn.GRU or nn.LSTM layer and nn.Linear, 784 steps of 32 sequences of one value,
ten classes; forward, backward and Adam. The two take turns in the same run, and the best of each counts.

    compare_pytorch.py build/bench/training_bench [--rounds 5] [--seconds 2] [--json table.json]

OpenBLAS chooses its kernels when a process starts, and takes slow ones on processors newer than itself: PyTorch runs in
processes of its own, with OPENBLAS_CORETYPE=SkylakeX where the processor has AVX-512 (Haswell else, or what the
environment says), as many threads of its own as there are processors, and OpenBLAS with one thread and with as many,
whichever is faster. On the reference BLAS, which Debian's PyTorch takes where no other is installed, it is some ten times
slower; beating that proves nothing, and the script stops. (Debian: libopenblas0-pthread or libopenblas0-openmp.)
"""
import argparse
import json
import os
import subprocess
import sys
import time

STEPS, BATCH, CLASSES = 784, 32, 10


def pytorch_step(cell, units, seconds):
    import torch

    torch.manual_seed(1)
    torch.set_num_threads(os.cpu_count())
    layer = {"gru": torch.nn.GRU, "lstm": torch.nn.LSTM}[cell](1, units)
    readout = torch.nn.Linear(units, CLASSES)
    adam = torch.optim.Adam([*layer.parameters(), *readout.parameters()], lr=1e-3)
    inputs = torch.randn(STEPS, BATCH, 1)
    labels = torch.randint(CLASSES, (BATCH,))

    def step():
        adam.zero_grad()
        outputs, _ = layer(inputs)
        torch.nn.functional.cross_entropy(readout(outputs[-1]), labels).backward()
        adam.step()

    step()
    with open("/proc/self/maps") as maps:
        libraries = maps.read()
    known = [name for name in ("openblas", "mkl_core", "libblis") if name in libraries]
    best, end, count = float("inf"), time.perf_counter() + seconds, 0
    while count < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        step()
        best = min(best, time.perf_counter() - start)
        count += 1
    print(json.dumps({"seconds": best, "blas": known[0] if known else "", "torch": torch.__version__}))


def tuned_environments():
    environment = dict(os.environ)
    with open("/proc/cpuinfo") as cpu:
        has_avx512 = "avx512f" in cpu.read()
    environment.setdefault("OPENBLAS_CORETYPE", "SkylakeX" if has_avx512 else "Haswell")
    return [{**environment, "OPENBLAS_NUM_THREADS": str(threads)} for threads in sorted({1, os.cpu_count()})]


def time_pytorch(cell, units, seconds, environment):
    command = [sys.executable, __file__, "--pytorch", cell, str(units), "--seconds", str(seconds)]
    result = json.loads(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout)
    if not result["blas"]:
        raise SystemExit("PyTorch runs on the reference BLAS here: install libopenblas0-pthread (see --help)")
    return result["seconds"]


def time_ours(bench, cell, units, seconds):
    command = [bench, f"--benchmark_filter=^training_step/{cell}/{units}/", f"--benchmark_min_time={seconds / 5}",
               "--benchmark_repetitions=5", "--benchmark_format=json"]
    runs = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["benchmarks"]
    times = [run["real_time"] for run in runs if run["run_type"] == "iteration"]
    if len(times) != 5:
        raise SystemExit(f"{bench} has no benchmark training_step/{cell}/{units}")
    return min(times) / 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bench", nargs="?", help="the program training_bench")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2, help="of each measurement")
    parser.add_argument("--json", help="where to write the table")
    parser.add_argument("--pytorch", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.pytorch:
        return pytorch_step(arguments.pytorch[0], int(arguments.pytorch[1]), arguments.seconds)
    if not arguments.bench:
        parser.error("which program? (build/bench/training_bench)")
    environments = tuned_environments()
    print(f"PyTorch with OPENBLAS_CORETYPE={environments[0]['OPENBLAS_CORETYPE']}, {os.cpu_count()} threads; "
          f"best of {arguments.rounds} rounds, seconds a training step")
    print(f"{'':10}{'units':>6}{'PyTorch':>10}{'hysteron':>10}{'ratio':>8}")
    rows = []
    for cell in ("gru", "lstm"):
        for units in (64, 128, 256):
            theirs = ours = float("inf")
            for _ in range(arguments.rounds):
                for environment in environments:
                    theirs = min(theirs, time_pytorch(cell, units, arguments.seconds, environment))
                ours = min(ours, time_ours(arguments.bench, cell, units, arguments.seconds))
            rows.append({"cell": cell, "units": units, "pytorch": theirs, "hysteron": ours, "ratio": theirs / ours})
            print(f"{cell:10}{units:6}{theirs:10.4f}{ours:10.4f}{theirs / ours:8.2f}", flush=True)
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump(rows, file, indent=1)
            file.write("\n")


if __name__ == "__main__":
    main()
