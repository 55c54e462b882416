"""Runs of a program of GoogleTest that go on after a test that crashes, hangs or ruins the device: with what has not run
yet, in a new process."""
import re
import time

from watched_program import run_watched

ENDED = re.compile(r"^\[ +(OK|SKIPPED|FAILED) +\] (\S+?)(?:, where .*)? \(\d+ ms\)$", re.M)
BEGUN = re.compile(r"^\[ RUN +\] (\S+)$", re.M)
# After one of these every further call in the same process fails.
RUINED = re.compile(r"cudaError(IllegalAddress|LaunchFailure|MisalignedAddress|IllegalInstruction|InvalidPc|"
                    r"HardwareStackError|LaunchTimeout|Assert|InvalidAddressSpace|Unknown)|unspecified launch failure")
MOST_STARTS = 12


def without(what, done):
    """The filter `what`, less the tests that are done."""
    if not done:
        return what
    return what + (":" if "-" in what else "-") + ":".join(done)


def first_ruin(said):
    """The test that left the device unusable, or None."""
    for section in re.split(r"(?m)^(?=\[ RUN +\] )", said):
        begun, ended = BEGUN.search(section), ENDED.search(section)
        if begun and RUINED.search(section[:ended.end()] if ended else section):
            return begun.group(1)
    return None


def failure_text(said, name):
    """What a test said, at most 1500 characters."""
    at = said.rfind(f"] {name}\n")
    end = ENDED.search(said, at)
    return said[at + 2:end.end() if end else None][-1500:]


def run_tests(command, what, seconds, silence):
    """All tests of the filter `what`: {"ok", "passed", "skipped", "failed": {name: what it said}, "largest_error",
    "unfinished": whether time was up first, "codes": of the processes, "said": the last one's last words}."""
    end = time.monotonic() + seconds
    passed, skipped, failed, errors, codes = [], [], {}, [], []
    unfinished, said = False, ""
    for _ in range(MOST_STARTS):
        done = passed + skipped + list(failed)
        ran = run_watched(command + ["--gtest_filter=" + without(what, done)], end - time.monotonic(), silence)
        said = ran.said
        codes.append(ran.stopped or ran.code)
        ruin = first_ruin(said)
        trusted = said
        if ruin:  # what came after it means nothing
            after = ENDED.search(said, said.find(f"] {ruin}\n"))
            trusted = said[:after.end()] if after else said
        for outcome, name in ENDED.findall(trusted):
            if outcome == "FAILED":
                failed[name] = failure_text(trusted, name)
            else:
                (passed if outcome == "OK" else skipped).append(name)
        errors += [float(found) for found in re.findall(r"largest relative error (\S+)", trusted)]
        begun = BEGUN.findall(trusted)
        broken = begun[-1] if begun and begun[-1] not in passed + skipped + list(failed) else None
        if ran.stopped == "time":
            unfinished = True
            break
        if broken:  # it crashed, or hung
            failed[broken] = (f"no word for {silence:.0f} s" if ran.stopped else f"the program ended with {ran.code}") \
                + "\n" + said[-1500:]
        elif not (ruin and len(trusted) < len(said)):
            break  # ran to its end, or died outside any test
    clean = codes[-1] == 0 and not failed
    some = bool(passed) or what.startswith("-")  # there may be no tests that no other filter names
    return {"ok": clean and some and not unfinished, "passed": len(passed), "skipped": len(skipped),
            "failed": failed, "largest_error": max(errors, default=None), "unfinished": unfinished, "codes": codes,
            "said": "" if clean else said[-4000:]}
