#!/usr/bin/env python3
"""Compiles everything in cuda/ against the headers of several CUDA toolkits, and assembles the kernels with the ptxas of
each, for several architectures; prints a table of seconds, kernels and spills.

    toolkit_matrix.py [--folder build-matrix] [--toolkits 12.4,12.8] [--architectures 80,90] [--jobs N]

Needs nvcc 13 and, once for each toolkit, PyPI: its nvidia-*-cu12 packages have headers, ptxas and libdevice, but neither
nvcc nor the compiler behind it. So the language is that of the nvcc found here; its PTX is given the version of the older
toolkit, whose ptxas then refuses what it does not know. What is not shown so: the older compiler itself, and toolkits
before 12.4, whose headers and ptxas do not know what the compiler of here writes.
Exit code 1 if anything does not compile or a kernel of ours spills.
"""
import argparse
import concurrent.futures
import json
import os
import re
import shlex
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# Of each toolkit: the newest PTX that its ptxas reads, architectures, versions of the packages.
TOOLKITS = {
    "12.4": ("8.4", "80 89 90", {"cuda-nvcc": "12.4.131", "cuda-runtime": "12.4.127", "cuda-cccl": "12.4.127.post1",
                                 "nvtx": "12.4.127", "cublas": "12.4.5.8", "cusolver": "11.6.1.9",
                                 "cusparse": "12.3.1.170"}),
    "12.8": ("8.7", "80 89 90 100 120", {"cuda-nvcc": "12.8.93", "cuda-runtime": "12.8.90", "cuda-cccl": "12.8.90",
                                         "nvtx": "12.8.90", "cublas": "12.8.4.1", "cusolver": "11.7.3.90",
                                         "cusparse": "12.5.8.93"}),
    "here": (None, "80 89 90 100 120", {}),
}
PTXAS = """#!/bin/sh
# Reads the PTX of a later compiler as PTX {version}.
for argument; do case "$argument" in *.ptx) sed -i 's/^\\.version .*/.version {version}/' "$argument";; esac; done
exec {ptxas} "$@"
"""


def toolkit_tree(name, folder, nvcc):
    """A folder like an installed toolkit: the headers and ptxas of one, the compiler of nvcc's. Returns its nvcc."""
    version, _, packages = TOOLKITS[name]
    if not packages:
        return nvcc
    tree, installed = os.path.join(folder, name), os.path.dirname(os.path.dirname(os.path.realpath(nvcc)))
    if os.path.exists(os.path.join(tree, "bin", "ptxas")):
        return os.path.join(tree, "bin", "nvcc")
    wanted = [f"nvidia-{package}-cu12=={packages[package]}" for package in packages]
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--root-user-action=ignore",
                    "--disable-pip-version-check", "--no-deps", "--target", tree + "-packages", *wanted], check=True)
    for sub in ("bin", "include", "nvvm"):
        os.makedirs(os.path.join(tree, sub), exist_ok=True)
    for package in sorted(os.listdir(os.path.join(tree + "-packages", "nvidia"))):
        include = os.path.join(tree + "-packages", "nvidia", package, "include")
        if os.path.isdir(include):
            shutil.copytree(include, os.path.join(tree, "include"), dirs_exist_ok=True)
    # What the compiler of here generates for the host needs the header of that compiler.
    shutil.copy2(os.path.join(installed, "include", "crt", "host_runtime.h"), os.path.join(tree, "include", "crt"))
    compiler = os.path.join(tree + "-packages", "nvidia", "cuda_nvcc")
    shutil.copytree(os.path.join(compiler, "nvvm", "libdevice"), os.path.join(tree, "nvvm", "libdevice"))
    os.symlink(os.path.join(installed, "nvvm", "bin"), os.path.join(tree, "nvvm", "bin"))
    for program in ("nvcc", "nvcc.profile", "cudafe++", "fatbinary", "nvlink", "bin2c", "crt"):
        copy = shutil.copytree if program == "crt" else shutil.copy2  # nvcc looks for the others beside its real path
        copy(os.path.join(installed, "bin", program), os.path.join(tree, "bin", program))
    theirs = os.path.join(compiler, "bin", "ptxas")
    os.chmod(theirs, 0o755)
    ptxas = os.path.join(tree, "bin", "ptxas")
    with open(ptxas + ".new", "w", encoding="utf-8") as file:
        file.write(PTXAS.format(version=version, ptxas=shlex.quote(theirs)))
    os.chmod(ptxas + ".new", 0o755)
    os.rename(ptxas + ".new", ptxas)
    return os.path.join(tree, "bin", "nvcc")


def commands_of_build(folder, nvcc):
    """The build's own command for each file of the CUDA part, as (file, arguments)."""
    build = os.path.join(folder, "build")
    subprocess.run(["cmake", "-S", ROOT, "-B", build, "-DCMAKE_BUILD_TYPE=Release", "-DHYSTERON_CUDA=ON",
                    "-DHYSTERON_TESTS=OFF", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON", f"-DCMAKE_CUDA_COMPILER={nvcc}"],
                   check=True, stdout=subprocess.DEVNULL)
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        entries = json.load(file)
    parts = (os.path.join(ROOT, "cuda", ""), os.path.join(build, "generated", "cuda", ""))
    return [(entry["file"], with_options(shlex.split(entry["command"]), build)) for entry in entries
            if entry["file"].startswith(parts)]


def with_options(arguments, build):
    """The arguments with what their files of options say."""
    written = []
    for before, argument in zip([""] + arguments, arguments):
        if before == "--options-file":
            with open(os.path.join(build, argument), encoding="utf-8") as file:
                written += shlex.split(file.read())
        elif argument != "--options-file":
            written.append(argument)
    return written


def adapted(arguments, nvcc, their_nvcc, architecture, output):
    """The command with another toolkit, for one architecture, that reports spills instead of stopping there."""
    spelled, installed, theirs = (os.path.dirname(os.path.dirname(path))
                                  for path in (nvcc, os.path.realpath(nvcc), their_nvcc))
    if nvcc in arguments:
        arguments = [their_nvcc, f"--generate-code=arch=compute_{architecture},code=sm_{architecture}",
                     *arguments[arguments.index(nvcc) + 1:]]
    kept = [argument.replace(installed, theirs).replace(spelled, theirs) for before, argument in zip([""] + arguments, arguments)
            if before not in ("-o", "-MF", "-MT") and argument not in ("-o", "-MF", "-MT", "-MD")
            and argument != "-Xptxas=--warn-on-spills,--warning-as-error"
            and (argument == arguments[1] or not argument.startswith("--generate-code"))]
    return kept + ["-o", output]


def compiled(arguments):
    """(CPU seconds, exit code, what was said) of one command and of all that it starts."""
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return used.ru_utime + used.ru_stime, process.returncode, said


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", default="build-matrix", help="where packages, trees and objects go")
    parser.add_argument("--toolkits", default=",".join(TOOLKITS), help=f"of {', '.join(TOOLKITS)}")
    parser.add_argument("--architectures", help="only these")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    nvcc = os.environ.get("CUDACXX") or shutil.which("nvcc") or "/usr/local/cuda/bin/nvcc"
    folder = os.path.abspath(options.folder)
    os.makedirs(folder, exist_ok=True)
    commands = commands_of_build(folder, nvcc)
    print("| toolkit | architecture | CPU seconds | kernels | that spill | size of the kernels, MB |")
    print("|---|---|---|---|---|---|")
    wrong = False
    for name in options.toolkits.split(","):
        theirs = toolkit_tree(name, folder, nvcc)
        for architecture in TOOLKITS[name][1].split():
            if options.architectures and architecture not in options.architectures.split(","):
                continue
            objects = os.path.join(folder, f"{name}-{architecture}")
            os.makedirs(objects, exist_ok=True)
            wanted = [adapted(arguments, nvcc, theirs, architecture,
                              os.path.join(objects, os.path.basename(file) + ".o")) for file, arguments in commands]
            with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
                results = list(pool.map(compiled, wanted))
            for (file, _), (_, code, said) in zip(commands, results):
                if code != 0:
                    wrong = True
                    errors = [line for line in said.splitlines() if "error" in line or "fatal" in line]
                    print(f"{name}, sm_{architecture}: {os.path.basename(file)}: "
                          f"{' / '.join(errors[:3]) or said[-300:]}", file=sys.stderr)
            said = "".join(result[2] for result in results)
            kernels = len(re.findall(r"Compiling entry function", said))
            spilled = re.findall(r"Function properties for (\w+)\n.* ([1-9]\d*) bytes spill stores", said)
            for kernel, stored in spilled:
                print(f"{name}, sm_{architecture}: spills {stored} bytes: {kernel}", file=sys.stderr)
            size = sum(os.path.getsize(os.path.join(objects, file)) for file in os.listdir(objects)) / 1e6
            wrong = wrong or any("3cub" not in kernel for kernel, _ in spilled)
            failed = sum(result[1] != 0 for result in results)
            print(f"| {name} | sm_{architecture} | {sum(result[0] for result in results):.0f} | {kernels} | {len(spilled)} | "
                  f"{size:.1f} |" + (f" {failed} files do not compile" if failed else ""), flush=True)
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
