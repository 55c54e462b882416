"""Runs the documentation: `documentation_test.py PROGRAM [PAGE...] [--with numpy|safetensors]`.

Marks that a reader does not see, each in a line of its own before a fenced block:

  <!-- run -->                          the block (sh or python) is run, word for word, in the page's own empty folder
  <!-- run with numpy -->               the same, in the run of this test that needs that Python module
  <!-- run instead: COMMAND -->         for what takes too long: a smaller command that prints the same form
  <!-- prints -->                       what the block before prints on stdout; … stands for anything within a line, a line
                                        of … for any lines
  <!-- prints, numbers may differ -->   numbers, yes, no and - stand for each other
  <!-- prints, numbers within 0.2 -->   numbers may be so far off

Without --with it also follows every relative link, and looks for every path of the project that a page or a comment in
the sources names."""

import argparse
import difflib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SKIPPED = 77  # the exit code that ctest counts as skipped
NUMBER = r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?"
MARK = re.compile(r"<!--\s*(run|prints)\b(.*?)-->\s*$")


def pages():
    """Every page in Markdown that is part of the project."""
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard", "*.md"], capture_output=True,
                            text=True)
    names = listed.stdout.split() if listed.returncode == 0 else []
    found = [ROOT / name for name in names] or [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    return [page for page in sorted(found) if page.exists()]


def blocks(page):
    """The fenced blocks of a page: (mark or None, what follows the mark, language, text, line)."""
    mark, lines, number = None, page.read_text().split("\n"), 0
    while number < len(lines):
        line, number = lines[number], number + 1
        found = MARK.match(line)
        if found:
            mark = (found[1], found[2].strip())
        elif line.startswith("```"):
            first = number
            while lines[number] != "```":
                number += 1
            yield (*(mark or (None, "")), line[3:].strip(), "\n".join(lines[first:number]) + "\n", first)
            mark, number = None, number + 1
        elif mark:
            raise SystemExit(f"{page.relative_to(ROOT)}:{number}: the mark before it belongs before a fenced block")


def pattern_of(promise, numbers):
    """The promise as a regular expression; with `numbers`, each of them a group."""
    expression = ""
    for line in promise.rstrip("\n").split("\n"):
        if line.strip() == "…":
            expression += r"(?:[^\n]*\n)*?"
            continue
        for piece in re.split(rf"(…|\s+|{NUMBER}|\b(?:yes|no)\b)" if numbers else r"(…|\s+)", line.rstrip()):
            if piece == "…":
                expression += r"[^\n]*?"
            elif piece.isspace():
                expression += r" +"
            elif numbers == "any" and (re.fullmatch(NUMBER, piece) or piece in ("yes", "no", "-")):
                expression += rf"(?:{NUMBER}|yes|no|-)"
            elif numbers and re.fullmatch(NUMBER, piece):
                expression += rf"({NUMBER})"
            else:
                expression += re.escape(piece)
        expression += r"\n"
    return expression


def keeps(promise, printed, tolerance=""):
    """Whether what was printed is what was promised."""
    promise, printed = promise.strip("\n"), "".join(line.rstrip() + "\n" for line in printed.strip("\n").split("\n"))
    if tolerance == "":
        return re.fullmatch(pattern_of(promise, ""), printed) is not None
    if tolerance == ", numbers may differ":
        return re.fullmatch(pattern_of(promise, "any"), printed) is not None
    within = re.fullmatch(r", numbers within ([\d.]+)", tolerance)
    if not within:
        raise SystemExit(f"unknown tolerance \"{tolerance}\"")
    found = re.fullmatch(pattern_of(promise, "each"), printed)
    expected = re.findall(NUMBER, promise)
    return found is not None and all(
        abs(float(a) - float(b)) <= float(within[1]) for a, b in zip(expected, found.groups(), strict=True))


class Page:
    def __init__(self, path, program, python, folder):
        self.path, self.python, self.folder = path, python, folder
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("HYSTERON_")}
        if "HYSTERON_THREADS" in os.environ:
            self.environment["HYSTERON_THREADS"] = os.environ["HYSTERON_THREADS"]
        tools = folder.parent / "tools"
        tools.mkdir(exist_ok=True)
        for name, target in (("hysteron", program), ("python3", python)):
            if target and not (tools / name).exists():
                (tools / name).symlink_to(target)
        self.environment |= {"PATH": f"{tools}:{self.environment['PATH']}", "HOME": str(folder.parent),
                             "XDG_CACHE_HOME": str(folder.parent / "cache"), "NO_COLOR": "1"}

    def run(self, wanted):
        """How many blocks were run and how many promises compared; what went wrong is an AssertionError."""
        ran, compared, printed = 0, 0, None
        for kind, rest, language, text, line in blocks(self.path):
            place = f"{self.path.relative_to(ROOT)}:{line}"
            if kind == "run":
                printed = None
                instead = re.fullmatch(r"instead: (.*)", rest)
                needs = re.fullmatch(r"with (\w+)", rest)
                assert rest == "" or instead or needs, f"{place}: unknown mark \"run {rest}\""
                if (needs[1] if needs else None) != wanted:
                    continue
                command = [str(self.python), "-"] if language == "python" else ["bash", "-e", "-o", "pipefail"]
                script = instead[1] if instead else text
                ended = subprocess.run(command, input=script, cwd=self.folder, env=self.environment,
                                       capture_output=True, text=True, timeout=600)
                assert ended.returncode == 0, (f"{place}: this ended with {ended.returncode}:\n{script}"
                                               f"{ended.stdout}{ended.stderr}")
                printed, ran = ended.stdout, ran + 1
            elif kind == "prints" and printed is not None:
                shown = [re.sub(r"(?<=\s)(?:" + NUMBER + r"|yes|no|-)(?=\s)", "#", side) if "differ" in rest else side
                         for side in (text.strip("\n") + "\n", printed.strip("\n") + "\n")]
                difference = "".join(difflib.unified_diff(*(re.sub(" +", " ", side).splitlines(True) for side in shown),
                                                          "promised", "printed"))
                assert keeps(text, printed, rest), f"{place}: not what the page promises{rest}\n{difference}"
                compared += 1
        return ran, compared


def anchors(page):
    """As GitHub makes them of headings."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.M | re.S)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^#+ +(.*)$", text, re.M)}


def dead_links():
    """Links that lead nowhere, and paths of the project in code spans that are not there."""
    wrong = []
    folders = {entry.name for entry in ROOT.iterdir() if entry.is_dir() and not entry.name.startswith((".", "build"))}
    for page in pages():
        text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.M | re.S)
        for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", text)):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            there = (page.parent / name).resolve() if name else page
            if not there.exists():
                wrong.append(f"{page.relative_to(ROOT)}: dead link {target}")
            elif anchor and there.suffix == ".md" and anchor not in anchors(there):
                wrong.append(f"{page.relative_to(ROOT)}: no heading for {target}")
        for path in re.findall(r"`([\w.]+/[\w./]*\w(?:\.\w+)+|[\w.]+/[\w/]*/)`", text):
            if path.split("/")[0] in folders and "NAME" not in path and not (ROOT / path).exists():
                wrong.append(f"{page.relative_to(ROOT)}: there is no {path}")
    for folder in ("include", "host", "cuda", "examples", "tests", "bench"):
        for source in (ROOT / folder).rglob("*"):
            if source.suffix not in (".hpp", ".cpp", ".cuh", ".cu", ".in", ".py"):
                continue
            for page, anchor in re.findall(r"\bdocs/([\w/]+\.md)(?:#([\w-]+))?", source.read_text()):
                cited = ROOT / "docs" / page
                if not cited.exists() or (anchor and anchor not in anchors(cited)):
                    wrong.append(f"{source.relative_to(ROOT)}: cites docs/{page}{anchor and '#' + anchor}")
    return wrong


def rooms_out_of_order():
    """The rooms of host/ as the page on the architecture has them, and as floors_test.cpp holds them."""
    listed = re.search(r"> rooms\{(.*?)\};", (ROOT / "tests/floors_test.cpp").read_text(), re.S)[1]
    held = re.findall(r'"(\w+)"', listed)
    told = re.findall(r"^\| `(\w+)/` \|", (ROOT / "docs/architecture.md").read_text().partition("## Rooms")[2], re.M)
    return [] if told == held else [f"docs/architecture.md has the rooms {told}; tests/floors_test.cpp {held}"]


def check_the_checker():
    assert keeps("a 1.0\n", "a   1.0\n") and not keeps("a 1.0\n", "a 1.1\n")
    assert keeps("a … c\n", "a b b c\n") and not keeps("a … c\n", "a b d\n")
    assert keeps("a\n…\nb\n", "a\nx\ny\nb\n") and not keeps("a\n…\nb\n", "a\nx\n")
    assert keeps("loss 0.5 yes\n", "loss 1e-3 no\n", ", numbers may differ")
    assert not keeps("loss 0.5\n", "gain 0.5\n", ", numbers may differ")
    assert keeps("loss 0.5\n", "loss 0.6\n", ", numbers within 0.2")
    assert not keeps("loss 0.5\n", "loss 0.8\n", ", numbers within 0.2")


def python_with(modules):
    """The first Python of the PATH, or the system's, that has these modules; None: there is none."""
    for name in ("python3", "/usr/bin/python3"):
        python = shutil.which(name)
        if python and subprocess.run([python, "-c", f"import {modules}"], capture_output=True).returncode == 0:
            return python
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("pages", type=pathlib.Path, nargs="*")
    parser.add_argument("--with", dest="module", choices=("numpy", "safetensors"))
    options = parser.parse_args()
    wrong = []
    if options.module:
        python = python_with({"numpy": "numpy", "safetensors": "numpy, torch, safetensors.torch"}[options.module])
        if not python:
            print(f"documentation that takes {options.module}: skipped, no python3 has it")
            return SKIPPED
    else:
        python = sys.executable
        check_the_checker()
        wrong = dead_links() + rooms_out_of_order()
    total = 0
    for page in [named.resolve() for named in options.pages] or pages():
        if not any(kind == "run" for kind, *_ in blocks(page)):
            continue
        with tempfile.TemporaryDirectory() as scratch:
            folder = pathlib.Path(scratch) / "empty"
            folder.mkdir()
            began = time.monotonic()
            try:
                ran, compared = Page(page, options.program.resolve(), python, folder).run(options.module)
            except (AssertionError, subprocess.TimeoutExpired) as failure:
                wrong.append(str(failure))
                continue
            if ran:
                print(f"{page.relative_to(ROOT)}: {ran} blocks run, {compared} promises kept, "
                      f"{time.monotonic() - began:.1f} s", flush=True)
            total += ran
    if total == 0 and not wrong:
        wrong.append("no page has a block to run")
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
