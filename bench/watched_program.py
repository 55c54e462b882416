"""A program run under watch: a kernel that hangs must not take the time of everything that comes after it."""
import os
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass


@dataclass
class Ended:
    said: str  # stdout and stderr, in order of arrival
    code: int = 0  # exit code of the program; negative: the signal that ended it
    stopped: str = ""  # why it was killed: "time" or "silence"; else empty


def kill(program):
    """With all that it started: what is left would keep the GPU, and the pipe open."""
    try:
        os.killpg(program.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def run_watched(command, seconds, silence):
    """Until the program ends, `seconds` have passed or it has said nothing for `silence` seconds. Its group is its own,
    its session is not, so that who ends the session ends it too."""
    start = heard = time.monotonic()
    program = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                               preexec_fn=os.setpgrp)
    said, stopped, pipe = [], "", program.stdout.fileno()
    try:
        while True:
            now = time.monotonic()
            left = min(start + seconds, heard + silence) - now
            if left <= 0:
                stopped = "time" if now >= start + seconds else "silence"
                break
            if not select.select([pipe], [], [], left)[0]:
                continue
            part = os.read(pipe, 65536)
            if not part:
                break
            said.append(part)
            heard = time.monotonic()
    finally:  # also when this script is told to end
        if stopped or sys.exc_info()[0]:
            kill(program)
        try:
            code = program.wait(timeout=30)
        except subprocess.TimeoutExpired:  # stuck in the driver, where no signal reaches it
            kill(program)
            code = -signal.SIGKILL
        program.stdout.close()
    return Ended(b"".join(said).decode(errors="replace"), code, stopped)
