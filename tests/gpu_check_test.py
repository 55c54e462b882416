#!/usr/bin/env python3
"""bench/gpu_check.py against programs that only pretend: resumed, with tests that fail, crash, hang and ruin the device."""
import json
import os
import stat
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest

BENCH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "bench")
sys.path.insert(0, BENCH)
import gpu_check  # noqa: E402
from gpu_tables import goals, tables  # noqa: E402
from gtest_runs import run_tests  # noqa: E402
from watched_program import run_watched  # noqa: E402

HYSTERON = """
    if "--json" in sys.argv:
        print("words first")
        print(json.dumps({"backends": [{"name": "cpu"}, {"name": "cuda", "usable": usable, "reason": "no driver", "devices": [
            {"description": "NVIDIA H200, 139 GiB, compute capability 9.0, 132 multiprocessors"}]}],
            "cells": {cell: {"matrices": 3, "products": 1, "torch": "" if cell == "brc" else "nn"} for cell in "lstm gru brc".split()}}))
"""
# Prints what GoogleTest prints: DeviceSchedules has what goes wrong.
DEVICE_TEST = """
    import fnmatch, os, signal
    tests = {"DeviceOperations/float.Losses": "OK", "DeviceSchedules.Fails": "FAILED", "DeviceSchedules.Crashes": "crash",
             "DeviceSchedules.Ruins": "ruin", "DeviceSchedules.Last": "OK", "DeviceSchedules.Skipped": "SKIPPED"}
    for cell in "lstm gru brc".split():
        tests[f"Every/DeviceNetworks.Train/{cell}"] = "OK"
        tests[f"Every/DeviceRecurrence.AgreesWithTheCpuInDouble/{cell}_33_solo_float_lengths"] = "OK"
    tests["DeviceDecompositions.Eigenvectors"] = tests["DeviceAutoencoder.EverySolver"] = tests["Further.One"] = "OK"
    wanted = [one for one in sys.argv if one.startswith("--gtest_filter=")][0].removeprefix("--gtest_filter=")
    positive, _, negative = wanted.partition("-")
    matches = lambda name, patterns: any(fnmatch.fnmatchcase(name, one) for one in patterns.split(":"))
    ruined = failed = False
    for name, outcome in tests.items():
        if not matches(name, positive or "*") or matches(name, negative):
            continue
        print(f"[ RUN      ] {name}", flush=True)
        if outcome == "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        ruined = ruined or outcome == "ruin"
        if ruined:
            print("found cudaErrorIllegalAddress: an illegal memory access was encountered")
        print("  outputs  largest relative error 2.5e-06 (at most 1e-04)")
        bad = ruined or outcome == "FAILED"
        failed = failed or bad
        print(f"[  FAILED  ] {name}, where GetParam() = gru, solo (3 ms)" if bad else
              f"[  SKIPPED ] {name} (0 ms)" if outcome == "SKIPPED" else f"[       OK ] {name} (3 ms)", flush=True)
    sys.exit(1 if failed else 0)
"""
DEVICE_BENCH = """
    import re
    wanted = [one for one in sys.argv if one.startswith("--benchmark_filter=")][0].removeprefix("--benchmark_filter=")
    out = [one for one in sys.argv if one.startswith("--benchmark_out=")][0].removeprefix("--benchmark_out=")
    cells = "lstm gru brc".split()
    names = ["operations/adam/1_of_1000000"] + [f"warm_up_step/{cell}" for cell in cells]
    for cell in cells:
        for side in ("forward", "backward"):
            names += [f"recurrence/{cell}/{how}/units:{units}/batch:{batch}/{side}" for how in ("auto", "stepwise")
                      for units in (32, 64, 128, 256, 512, 1024) for batch in (1, 16, 32, 128, 512)]
            names += [f"population/{cell}/replicas:{replicas}/{side}" for replicas in (1, 16, 132, 528)]
        names += [f"constant_input/{cell}/units:{units}/forward" for units in (64, 256)]
    figures = {"run_type": "iteration", "real_time": 700.0, "us_per_step": 0.7, "GB/s": 1e3}
    runs = [{"name": name + "/real_time",
             **({"error_occurred": True, "error_message": "not enough memory"} if "1024/batch:512" in name else figures)}
            for name in names if re.search(wanted, name + "/real_time")]
    open(out, "w").write(json.dumps({"context": {}, "benchmarks": runs}))
"""

# What compare_pytorch_gpu.py needs from it. 512 sequences are too many.
TORCH = """
    class Anything:
        def __init__(self, *shape, **named): self.shape = shape
        def __getattr__(self, name): return Anything()
        def __getitem__(self, at): return self
        def __call__(self, *given, **named):
            if given and getattr(given[0], "shape", ()) and given[0].shape[1:2] == (512,):
                raise RuntimeError("CUDA out of memory\\nfurther words")
            return (self, self) if given and isinstance(given[0], Anything) else self
        def cuda(self): return self
        def elapsed_time(self, end): return 2.0
    __version__ = "2.11.0"
    manual_seed, cuda, backends, nn, randn = Anything(), Anything(), Anything(), Anything(), Anything
    cuda.is_available = lambda: True
    backends.cudnn = Anything()
    backends.cudnn.version = lambda: 91000
"""


def program(path, body, before=""):
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"#!{sys.executable}\nimport json, sys, time\n{before}\n{textwrap.dedent(body)}")
    os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)
    return path


class GpuCheck(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.out = os.path.join(self.folder.name, "out")
        self.make(True)

    def make(self, usable):
        for name, body in (("hysteron", HYSTERON), ("device_test", DEVICE_TEST), ("device_bench", DEVICE_BENCH)):
            program(os.path.join(self.folder.name, name), body, f"usable = {usable}")

        program(os.path.join(self.folder.name, "torch.py"), TORCH)

    def check(self, *arguments):
        return subprocess.run([sys.executable, os.path.join(BENCH, "gpu_check.py"), "--build", self.folder.name, "--out",
                               self.out, *arguments], capture_output=True, text=True,
                              env={**os.environ, "PYTHONPATH": self.folder.name})

    def results(self):
        files = [name for name in sorted(os.listdir(self.out)) if name.endswith(".json")]
        with open(os.path.join(self.out, files[-1]), encoding="utf-8") as file:
            return files, json.load(file)

    def test_without_a_gpu_it_says_why_and_ends_with_4(self):
        self.make(False)
        ended = self.check()
        self.assertEqual(ended.returncode, 4)
        self.assertIn("no driver", ended.stderr)

    def test_each_kind_of_failure_fails_one_test_alone(self):
        ended = self.check("--sections", "tests")
        self.assertEqual(ended.returncode, 1, ended.stderr)
        files, results = self.results()
        self.assertRegex(files[0], r"^nvidia-h200-\d{4}-\d\d-\d\d\.json$")
        schedules = results["parts"]["tests: schedules"]
        self.assertEqual(sorted(schedules["failed"]),
                         ["DeviceSchedules.Crashes", "DeviceSchedules.Fails", "DeviceSchedules.Ruins"])
        self.assertEqual((schedules["passed"], schedules["skipped"], schedules["ok"]), (1, 1, False))
        for name, part in results["parts"].items():
            self.assertEqual(part["ok"], name != "tests: schedules", name)
        self.assertEqual(results["parts"]["tests: the rest"]["passed"], 1)
        self.assertEqual(results["parts"]["tests: recurrence gru"]["largest_error"], 2.5e-6)
        again = self.check("--sections", "tests")  # all is known
        self.assertEqual(again.returncode, 1)
        self.assertNotIn("gpu-check: tests:", again.stdout)
        retried = self.check("--sections", "tests", "--again")
        self.assertEqual(retried.stdout.count("gpu-check: tests:"), 1)

    def test_all_sections_make_a_page(self):
        sections = ",".join(section for section in gpu_check.SECTIONS if section not in ("tests", "sanitizer"))
        ended = self.check("--sections", sections)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        files, results = self.results()
        with open(os.path.join(self.out, files[0].replace(".json", ".md")), encoding="utf-8") as file:
            page = file.read()
        for text in ("### gru", "0.70", "132 models of a 64-unit gru", "adam/1_of", "not enough memory"):
            self.assertTrue(text in page, text)
        pytorch = results["parts"]["pytorch: 64|128"]["times"]
        self.assertEqual(pytorch["versions"], {"torch": "2.11.0", "cudnn": 91000})
        self.assertEqual(pytorch["lstm/fp32/units:64/batch:32"], {"forward": 2.0, "backward": 0.0})
        self.assertEqual(pytorch["gru/tf32/units:64/batch:512"], {"error": "CUDA out of memory"})
        results["parts"]["sanitizer: memcheck"] = {"skipped": "not installed", "seconds": 1}
        self.assertIn(True, [met for goal, _, met in goals(results) if goal.startswith("lstm, 64 units, batch 32")])
        self.assertTrue("not run: not installed" in tables(results))

    def test_it_goes_on_where_time_was_up_and_begins_anew_with_other_programs(self):
        self.assertEqual(self.check("--sections", "operations", "--minutes", "0.1").returncode, 75)
        self.assertEqual(self.check("--sections", "operations").returncode, 0)
        self.assertEqual(self.check("--sections", "operations,population").returncode, 0)
        self.assertEqual(len(self.results()[0]), 1)
        with open(os.path.join(self.folder.name, "device_bench"), "a", encoding="utf-8") as file:
            file.write("\n")
        self.assertEqual(self.check("--sections", "operations").returncode, 0)
        self.assertEqual(len(self.results()[0]), 2)

    def test_a_test_that_hangs_fails_alone(self):
        path = program(os.path.join(self.folder.name, "hangs"), DEVICE_TEST.replace(
            'if outcome == "crash":', 'if outcome == "crash" and not time.sleep(60):'))
        found = run_tests([path], "DeviceSchedules*", 30, 1)
        self.assertIn("no word for 1 s", found["failed"]["DeviceSchedules.Crashes"])
        self.assertEqual((found["passed"], found["skipped"], len(found["failed"])), (1, 1, 3))
        self.assertTrue(run_tests([path], "-*", 30, 30)["ok"])
        self.assertFalse(run_tests([path], "NoSuchTest*", 30, 30)["ok"])
        found = run_tests([path], "DeviceSchedules*", 2, 30)
        self.assertTrue(found["unfinished"])
        self.assertFalse(found["ok"])

    def test_what_a_killed_program_started_is_killed_too(self):
        path = program(os.path.join(self.folder.name, "parent"), """
            import subprocess
            print(subprocess.Popen(["sleep", "60"]).pid, flush=True)
            time.sleep(60)
        """)
        ran = run_watched([path], 30, 1)
        self.assertEqual(ran.stopped, "silence")
        for _ in range(100):  # whoever inherits it reaps it
            try:
                with open(f"/proc/{int(ran.said)}/stat", encoding="utf-8") as file:
                    if file.read().split()[2] == "Z":
                        return
            except FileNotFoundError:
                return
            time.sleep(0.05)
        self.fail("it still runs")

    def test_broken_files_of_benchmarks_give_what_is_there(self):
        path = os.path.join(self.folder.name, "broken.json")
        run = '{"name": "operations/a/real_time", "run_type": "iteration", "real_time": 3.0}'
        for text, count in ((f'{{"context": {{}}, "benchmarks": [{run},', 1), (f'{{"context": {{}}, "benchmarks": [{run}', 1),
                            ('{"context": {}, "benchmarks": [', 0), ("", 0)):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            self.assertEqual(len(gpu_check.read_benchmarks(path)), count, text)
        self.assertEqual(gpu_check.read_benchmarks(path + " is not there"), {})


if __name__ == "__main__":
    unittest.main()
