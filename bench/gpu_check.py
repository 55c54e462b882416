#!/usr/bin/env python3
"""Everything that needs a GPU: the device tests, compute-sanitizer on a selection of them, the benchmarks, PyTorch beside
them where it is installed, and tables of it all. Needs the three programs below and Python's standard library: no
configured build, and of CUDA only the driver and the shared libraries of cuBLAS.

    gpu_check.py [--build DIR] [--sections tests,recurrence] [--minutes 9] [--out DIR] [--fresh]

DIR has hysteron, tests/device/device_test and bench/device_bench, or all three side by side. Results go to
<out>/<gpu>-<date>.json, after every part; a second call of the same day does what is missing, so that the whole fits into
calls of --minutes each. Then <gpu>-<date>.md is written. Exit codes: 0 all that was asked for is done and right; 1 a test
failed or the sanitizer found something; 4 there is no GPU to use; 75 time was up before all was done: call it again.
"""
import argparse
import datetime
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from gpu_tables import tables  # noqa: E402

CELLS = ["brc", "elman", "gru", "lmn", "lstm", "mgu", "nbrc"]
SANITIZED = ":".join(
    ["DeviceOperations/float.Losses", "DeviceOperations/float.Adam", "DeviceOperations/float.VariabilityAndAttractors",
     "DeviceOperations/float.GatherAndShuffle", "DeviceOperations/float.RowsAreRepeatedSummedCopiedAndCleared"]
    + [f"Every/DeviceRecurrence.AgreesWithTheCpuInDouble/{run}_float_{mode}"
       for run in ("gru_33_solo", "gru_200_cluster", "mgu_33_solo", "mgu_200_cluster", "lstm_33_stepwise", "brc_33_scan")
       for mode in ("lengths", "constant_input")])


def parts_of(section):
    """The parts of a section, each short enough for one call: name -> what to run."""
    if section == "tests":
        parts = {"operations": "DeviceOperations*:OnDevice*"}
        for cell in CELLS:
            parts["recurrence " + cell] = f"Every/DeviceRecurrence*/{cell}_*"
            parts["networks " + cell] = f"Every/DeviceNetworks*/{cell}"
        parts["the rest"] = "-DeviceOperations*:OnDevice*:Every/DeviceRecurrence*:Every/DeviceNetworks*"
        return parts
    if section == "sanitizer":
        return {tool: tool for tool in ("memcheck", "racecheck", "synccheck")}
    if section == "recurrence":
        return {f"{cell} {units}": f"^recurrence/{cell}/.*/units:{units}/"
                for cell in CELLS for units in (32, 64, 128, 256, 512, 1024)}
    if section == "pytorch":
        return {str(units): str(units) for units in (32, 64, 128, 256, 512, 1024)}
    return {cell: f"^{section}/{cell}/" for cell in CELLS} if section != "operations" else {"all": "^operations/"}


SECTIONS = ["tests", "sanitizer", "recurrence", "population", "constant_input", "warm_up_step", "operations", "pytorch"]


class Check:
    def __init__(self, build, out, fresh):
        self.programs = {name: self.find(build, places) for name, places in {
            "hysteron": ["hysteron"],
            "device_test": ["tests/device/device_test", "device_test"],
            "device_bench": ["bench/device_bench", "device_bench"]}.items()}
        self.gpu = self.ask_for_gpu()
        name = re.sub(r"[^a-z0-9]+", "-", self.gpu.split(",")[0].lower()).strip("-")
        os.makedirs(out, exist_ok=True)
        self.path = os.path.join(out, f"{name}-{datetime.date.today().isoformat()}.json")
        self.results = {"gpu": self.gpu, "parts": {}}
        if os.path.exists(self.path) and not fresh:
            with open(self.path) as file:
                self.results = json.load(file)
        self.results["parts"]["tests: self-test of hysteron info"] = self.self_test

    @staticmethod
    def find(build, places):
        for place in places:
            path = os.path.join(build, place)
            if os.access(path, os.X_OK):
                return os.path.abspath(path)
        sys.exit(f"gpu-check: no {places[-1]} in {build}: build the targets hysteron_program, device_test and benches")

    def ask_for_gpu(self):
        info = subprocess.run([self.programs["hysteron"], "info", "--device", "cuda", "--json"], capture_output=True,
                              text=True)
        if info.returncode not in (0, 1):
            print("gpu-check: no GPU to check on\n" + info.stderr.strip(), file=sys.stderr)
            sys.exit(4)
        print(info.stdout)
        self.self_test = {"ok": info.returncode == 0, "said": info.stdout}
        backends = json.loads(info.stdout.strip().splitlines()[-1])["backends"]
        return next(kind for kind in backends if kind["name"] == "cuda")["devices"][0]["description"]

    def save(self):
        with open(self.path + ".new", "w") as file:
            json.dump(self.results, file, indent=1)
        os.replace(self.path + ".new", self.path)

    def run(self, sections, seconds):
        """Whether everything asked for is done."""
        end = time.monotonic() + seconds
        for section in sections:
            for part, what in parts_of(section).items():
                key = f"{section}: {part}"
                if key in self.results["parts"]:
                    continue
                left = end - time.monotonic()
                if left < 20:
                    return False
                print(f"gpu-check: {key}", flush=True)
                start = time.monotonic()
                found = self.run_part(section, what, left)
                if found is None:
                    return False
                found["seconds"] = round(time.monotonic() - start, 1)
                self.results["parts"][key] = found
                self.save()
        return True

    def run_part(self, section, what, left):
        """None: not done in the time that was left."""
        try:
            if section == "tests":
                return self.run_tests([self.programs["device_test"]], what, left)
            if section == "sanitizer":
                return self.run_sanitizer(what, left)
            if section == "pytorch":
                return self.run_pytorch(what, left)
            return self.run_benchmarks(what, left)
        except subprocess.TimeoutExpired:
            return None

    @staticmethod
    def run_tests(command, what, left):
        done = subprocess.run(command + ["--gtest_filter=" + what], capture_output=True, text=True, timeout=left)
        print(done.stdout[-2000:] if done.returncode else "  " + done.stdout.strip().splitlines()[-1])
        errors = [float(found) for found in re.findall(r"largest relative error (\S+)", done.stdout)]
        count = lambda text: len(re.findall(r"^\[ +" + text + r" +\] \S+\.\S+.* \(\d+ ms\)$", done.stdout, re.M))
        return {"ok": done.returncode == 0, "passed": count("OK"), "skipped": count("SKIPPED"),
                "failed": sorted(set(re.findall(r"^\[ +FAILED +\] (\S+\.\S+?),? ", done.stdout, re.M))),
                "largest_error": max(errors, default=None),
                "said": "" if done.returncode == 0 else (done.stdout + done.stderr)[-4000:]}

    def run_sanitizer(self, tool, left):
        sanitizer = shutil.which("compute-sanitizer") or "/usr/local/cuda/bin/compute-sanitizer"
        if not os.access(sanitizer, os.X_OK):
            return {"skipped": "compute-sanitizer is not installed"}
        return self.run_tests([sanitizer, "--tool", tool, "--error-exitcode", "9", self.programs["device_test"]],
                              SANITIZED, left)

    def run_benchmarks(self, what, left):
        with tempfile.NamedTemporaryFile(suffix=".json") as out:
            done = subprocess.run([self.programs["device_bench"], "--benchmark_filter=" + what,
                                   "--benchmark_min_time=0.05", "--benchmark_out=" + out.name,
                                   "--benchmark_out_format=json"], capture_output=True, text=True, timeout=left)
            if done.returncode != 0:
                return {"ok": False, "said": (done.stdout + done.stderr)[-4000:]}
            with open(out.name) as file:
                runs = json.load(file)["benchmarks"]
        times = {}
        for run in runs:
            name = run["name"].removesuffix("/real_time")
            if run.get("error_occurred"):
                times[name] = {"error": run["error_message"]}
            else:
                kept = ("us_per_step", "GFLOP/s", "GB/s")
                times[name] = {"us": run["real_time"], **{key: run[key] for key in kept if key in run}}
        return {"ok": True, "times": times}

    @staticmethod
    def run_pytorch(units, left):
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "compare_pytorch_gpu.py")
        if subprocess.run([sys.executable, "-c", "import torch; assert torch.cuda.is_available()"],
                          capture_output=True).returncode != 0:
            return {"skipped": "no PyTorch that sees the GPU"}
        done = subprocess.run([sys.executable, script, "--units", units], capture_output=True, text=True, timeout=left)
        if done.returncode != 0:
            return {"ok": False, "said": done.stderr[-4000:]}
        return {"ok": True, "times": json.loads(done.stdout.strip().splitlines()[-1])}


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=os.path.join(here, "..", "build"))
    parser.add_argument("--sections", default=",".join(SECTIONS))
    parser.add_argument("--minutes", type=float, default=9)
    parser.add_argument("--out", default=os.path.join(here, "results"))
    parser.add_argument("--fresh", action="store_true", help="forget what was measured earlier today")
    arguments = parser.parse_args()
    sections = arguments.sections.split(",")
    for section in sections:
        if section not in SECTIONS:
            parser.error(f"unknown section {section!r}; there are {', '.join(SECTIONS)}")
    check = Check(arguments.build, arguments.out, arguments.fresh)
    complete = check.run(sections, arguments.minutes * 60)
    page = check.path.removesuffix(".json") + ".md"
    with open(page, "w") as file:
        file.write(tables(check.results))
    wrong = [name for name, part in check.results["parts"].items() if part.get("ok") is False]
    print(f"gpu-check: {check.path}, {page}")
    for name in wrong:
        print(f"gpu-check: FAILED {name}\n{check.results['parts'][name].get('said', '')}", file=sys.stderr)
    if wrong:
        sys.exit(1)
    if not complete:
        print("gpu-check: not all is done yet; call it again")
        sys.exit(75)


if __name__ == "__main__":
    main()
