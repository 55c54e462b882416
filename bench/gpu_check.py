#!/usr/bin/env python3
"""Everything that needs a GPU: the device tests, compute-sanitizer on a selection of them, the benchmarks, PyTorch beside
them where it is installed, and tables of it all. Needs the three programs below and Python's standard library: no
configured build, and of CUDA only the driver and the shared libraries of cuBLAS and cuSOLVER, of the toolkit or of a
Python package.

    gpu_check.py [--build DIR] [--sections tests,recurrence] [--minutes 9] [--out DIR] [--again] [--fresh]

DIR has hysteron, tests/device/device_test and bench/device_bench, or all three side by side. Results go to
<out>/<gpu>-<date>.json, after every part; a further call with the same programs does what is missing, so that the whole fits
into calls of --minutes each. A test that crashes or hangs fails alone. Then <gpu>-<date>.md is written. Exit codes: 0 all
that was asked for is done and right; 1 a test failed or the sanitizer found something; 4 there is no GPU to use; 75 time was
up before all was done: call it again.
"""
import argparse
import datetime
import glob
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from compare_pytorch_gpu import NO_PYTORCH  # noqa: E402
from gpu_tables import tables  # noqa: E402
from gtest_runs import run_tests  # noqa: E402
from watched_program import run_watched  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
PLACES = {"hysteron": ["hysteron"],
          "device_test": ["tests/device/device_test", "device_test"],
          "device_bench": ["bench/device_bench", "device_bench"]}
UNITS = ("64|128", "32|256", "512|1024")  # those that the goals concern come first
SANITIZED = ":".join(
    ["DeviceOperations/float.Losses", "DeviceOperations/float.Adam", "DeviceOperations/float.VariabilityAndAttractors",
     "DeviceOperations/float.GatherAndShuffle", "DeviceOperations/float.RowsAreRepeatedSummedCopiedAndCleared"]
    + [f"Every/DeviceRecurrence.AgreesWithTheCpuInDouble/{run}_float_{mode}"
       for run in ("gru_33_solo", "gru_200_cluster", "mgu_33_solo", "mgu_200_cluster", "lstm_33_stepwise", "brc_33_scan")
       for mode in ("lengths", "constant_input")])
SILENCE, SILENCE_OF_SANITIZER = 120, 300  # seconds without output after which a program counts as hung
SHORTEST_PART = 20  # seconds; no part is begun with less time left


def test_parts(cells):
    parts = {"operations": "DeviceOperations*:OnDevice*"}
    parts.update({"recurrence " + cell: f"Every/DeviceRecurrence*/{cell}_*" for cell in cells})
    parts["schedules"] = "DeviceSchedules*"
    parts["decompositions"] = "DeviceDecompositions*:DeviceAutoencoder*"
    parts.update({"networks " + cell: f"Every/DeviceNetworks*/{cell}" for cell in cells})
    parts["the rest"] = "-" + ":".join(parts.values())
    return parts


def parts_of(section, cells):
    """The parts of a section, each short enough for one call: name -> what to run."""
    if section == "tests":
        return {"hysteron info": "info", "hysteron train": "train", **test_parts(cells)}
    if section == "sanitizer":
        return {tool: tool for tool in ("memcheck", "racecheck", "synccheck")}
    if section == "recurrence":
        return {f"{cell} {units}": f"^recurrence/{cell}/.*/units:({units})/" for units in UNITS for cell in cells}
    if section == "pytorch":
        return {units: units.replace("|", ",") for units in UNITS}
    return {cell: f"^{section}/{cell}/" for cell in cells} if section != "operations" else {"all": "^operations/"}


SECTIONS = ["tests", "recurrence", "pytorch", "population", "constant_input", "warm_up_step", "operations", "sanitizer"]


def find_programs(build):
    found = {}
    for name, places in PLACES.items():
        paths = [os.path.abspath(os.path.join(build, place)) for place in places]
        found[name] = next((path for path in paths if os.access(path, os.X_OK)), None)
        if not found[name]:
            sys.exit(f"gpu-check: no {name} in {build}: build the targets hysteron_program, device_test and device_bench")
    return found


def fingerprint(programs):
    """Tells builds apart: results of one are not results of another."""
    sums = hashlib.sha256()
    for path in programs.values():
        with open(path, "rb") as file:
            sums.update(hashlib.sha256(file.read()).digest())
    return sums.hexdigest()[:16]


def ask_for_gpu(hysteron):
    """Its description, as results are named after it, and the cells of the build; ends the program where there is none
    to use."""
    info = subprocess.run([hysteron, "info", "--device", "cpu", "--json"], capture_output=True, text=True,
                          errors="replace")
    lines = [line for line in info.stdout.splitlines() if line.startswith("{")]
    if not lines:
        print(f"gpu-check: hysteron info ended with {info.returncode}\n{info.stderr.strip()}", file=sys.stderr)
        sys.exit(4)
    told = json.loads(lines[-1])
    kinds = [kind for kind in told["backends"] if kind["name"] == "cuda"]
    if not kinds or not kinds[0]["usable"] or not kinds[0]["devices"]:
        reason = kinds[0]["reason"] if kinds else "this build has no CUDA backend"
        print(f"gpu-check: no GPU to check on: {reason}", file=sys.stderr)
        sys.exit(4)
    return kinds[0]["devices"][0]["description"], told["cells"]


class Check:
    def __init__(self, programs, out, fresh):
        self.programs = programs
        (gpu, cells), build = ask_for_gpu(programs["hysteron"]), fingerprint(programs)
        self.results = {"gpu": gpu, "programs": build, "cells": cells, "parts": {}}
        os.makedirs(out, exist_ok=True)
        name = re.sub(r"[^a-z0-9]+", "-", gpu.split(",")[0].lower()).strip("-")
        first = os.path.join(out, f"{name}-{datetime.date.today().isoformat()}")
        self.path, number = first + ".json", 1
        if not fresh:
            for path in sorted(glob.glob(os.path.join(out, name + "-*.json")), key=os.path.getmtime):
                known = self.read(path)
                if known and known.get("programs") == build and known.get("gpu") == gpu:
                    self.path, self.results = path, known
        while os.path.exists(self.path) and not self.results["parts"]:
            number += 1
            self.path = f"{first}-{number}.json"

    @staticmethod
    def read(path):
        try:
            with open(path, encoding="utf-8") as file:
                return json.load(file)
        except (OSError, ValueError):
            return None

    def save(self):
        with open(self.path + ".new", "w", encoding="utf-8") as file:
            json.dump(self.results, file, indent=1)
        os.replace(self.path + ".new", self.path)

    def run(self, sections, seconds):
        """Whether everything asked for is done."""
        end = time.monotonic() + seconds
        for section in sections:
            for part, what in parts_of(section, self.results["cells"]).items():
                key = f"{section}: {part}"
                if key in self.results["parts"]:
                    continue
                left = end - time.monotonic()
                if left < SHORTEST_PART:
                    return False
                print(f"gpu-check: {key}", flush=True)
                start = time.monotonic()
                found = self.run_part(section, what, left)
                found["seconds"] = round(time.monotonic() - start, 1)
                if found.pop("unfinished", False):
                    if left < 0.9 * seconds:
                        return False  # the next call has more time for it
                    found.update(ok=False, said=f"not done in {left:.0f} s\n" + found.get("said", ""))
                self.results["parts"][key] = found
                self.save()
                self.say(found)
        return True

    @staticmethod
    def say(found):
        words = [str(found[key]) + " " + key for key in ("passed", "skipped") if key in found and found[key] != 0]
        words += [f"{len(found['times'])} figures"] if "times" in found else []
        failed = "" if found.get("ok", True) else "FAILED " + " ".join(found.get("failed", {}))
        print(f"  {failed} {', '.join(words)}, {found['seconds']} s", flush=True)

    def run_part(self, section, what, left):
        if section == "tests" and what == "info":
            return self.run_program(["info", "--device", "cuda"], left)
        if section == "tests" and what == "train":
            return self.run_training(left)
        if section == "tests":
            return run_tests([self.programs["device_test"]], what, left, SILENCE)
        if section == "sanitizer":
            return self.run_sanitizer(what, left)
        return self.run_pytorch(what, left) if section == "pytorch" else self.run_benchmarks(what, left)

    def run_program(self, arguments, left):
        ran = run_watched([self.programs["hysteron"]] + arguments, left, SILENCE)
        return {"ok": ran.code == 0 and not ran.stopped, "said": ran.said[-4000:], "unfinished": ran.stopped == "time"}

    def run_training(self, left):
        """The program from end to end: warmed up, trained, measured and written, by each replica of a population."""
        with tempfile.TemporaryDirectory() as folder:
            return self.run_program(
                ["train", "--device", "cuda", "--task", "copy_first_input", "--cell", "nbrc", "--units", "64", "--layers",
                 "2", "--init", "warm_up", "--replicas", "4", "--set", "task.steps=100", "--set", "train.updates=50",
                 "--out", os.path.join(folder, "run")], left)

    def run_sanitizer(self, tool, left):
        sanitizer = shutil.which("compute-sanitizer") or "/usr/local/cuda/bin/compute-sanitizer"
        if not os.access(sanitizer, os.X_OK):
            return {"skipped": "compute-sanitizer is not installed"}
        # Only our kernels: what happens inside cuBLAS's is not ours to judge, and slow to watch.
        found = run_tests([sanitizer, "--tool", tool, "--kernel-name", "kns=hysteron", "--error-exitcode", "9",
                           self.programs["device_test"]], SANITIZED, left, SILENCE_OF_SANITIZER)
        if not found["ok"] and "Device not supported" in found["said"]:
            return {"skipped": "compute-sanitizer does not support this device here"}
        return found

    def run_benchmarks(self, what, left):
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "out.json")
            ran = run_watched([self.programs["device_bench"], "--benchmark_filter=" + what, "--benchmark_min_time=0.05",
                               "--benchmark_out=" + out, "--benchmark_out_format=json"], left, SILENCE)
            times = read_benchmarks(out)
        ok = ran.code == 0 and not ran.stopped and any("us" in of for of in times.values())
        return {"ok": ok, "times": times, "said": "" if ok else ran.said[-4000:], "unfinished": ran.stopped == "time"}

    @staticmethod
    def run_pytorch(units, left):
        ran = run_watched([sys.executable, os.path.join(HERE, "compare_pytorch_gpu.py"), "--units", units], left, SILENCE)
        if ran.code == NO_PYTORCH:
            return {"skipped": "no PyTorch that sees the GPU"}
        lines = [json.loads(line) for line in ran.said.splitlines() if line.startswith('{"name"') and line.endswith("}")]
        ok = ran.code == 0 and not ran.stopped and bool(lines)
        return {"ok": ok, "times": {line.pop("name"): line for line in lines}, "said": "" if ok else ran.said[-4000:],
                "unfinished": ran.stopped == "time"}


def read_benchmarks(path):
    """Name -> figures, also of a file that was broken off."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read()
    except OSError:
        return {}
    for end in ("", "\n]}", "]}"):
        try:
            runs = json.loads(text.rstrip().rstrip(",") + end)["benchmarks"]
            break
        except (ValueError, KeyError):
            runs = []
    times = {}
    for run in runs:
        name = run["name"].removesuffix("/real_time")
        if run.get("error_occurred"):
            times[name] = {"error": run["error_message"]}
        elif run.get("run_type", "iteration") == "iteration":
            kept = ("us_per_step", "GFLOP/s", "GB/s")
            times[name] = {"us": run["real_time"], **{key: run[key] for key in kept if key in run}}
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=os.path.join(HERE, "..", "build"))
    parser.add_argument("--sections", default=",".join(SECTIONS))
    parser.add_argument("--minutes", type=float, default=9)
    parser.add_argument("--out", default=os.path.join(HERE, "results"))
    parser.add_argument("--again", action="store_true", help="also do again what failed")
    parser.add_argument("--fresh", action="store_true", help="forget what was found with these programs before")
    arguments = parser.parse_args()
    sections = arguments.sections.split(",")
    for section in sections:
        if section not in SECTIONS:
            parser.error(f"unknown section {section!r}; there are {', '.join(SECTIONS)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(75))
    check = Check(find_programs(arguments.build), arguments.out, arguments.fresh)
    if arguments.again:
        parts = check.results["parts"]
        check.results["parts"] = {name: part for name, part in parts.items() if part.get("ok") is not False}
    complete = check.run(sections, arguments.minutes * 60)
    page = check.path.removesuffix(".json") + ".md"
    with open(page, "w", encoding="utf-8") as file:
        file.write(tables(check.results))
    wrong = {name: part for name, part in check.results["parts"].items() if part.get("ok") is False}
    print(f"gpu-check: {check.path}, {page}")
    for name, part in wrong.items():
        print(f"gpu-check: FAILED {name}\n{part.get('said', '')}", file=sys.stderr)
        for test, said in part.get("failed", {}).items():
            print(f"gpu-check: FAILED {test}\n{said}", file=sys.stderr)
    if not complete:
        print("gpu-check: not all is done yet; call it again")
        sys.exit(75)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
