"""CPU of a program with everything that it starts: ``python tree.py SECONDS COMMAND...`` prints it as JSON.

Whoever loses its parent becomes ours, and is waited for, so that nobody's CPU is missed; what still runs when
the command has ended is ended as well. :func:`spent` is for programs that go on running.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import time

import psutil

_PR_SET_CHILD_SUBREAPER = 36
_PATIENCE = 5.0


def spent() -> float:
    """Seconds of CPU of this process and all below it, those included that ended and were waited for."""
    own = psutil.Process()
    seconds = 0.0
    for process in (own, *own.children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.Error:
            continue  # it has just ended: its parent has its time
        seconds += times.user + times.system + times.children_user + times.children_system
    return seconds


def _end_all() -> None:
    """Wait for all that was left to us, and end what does not end by itself."""
    patience = time.monotonic() + _PATIENCE
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid:
            continue
        if time.monotonic() > patience:
            for child in psutil.Process().children(recursive=True):
                child.send_signal(signal.SIGKILL)
        time.sleep(0.01)


def main() -> None:
    """Run the command, and say what it took and how it ended."""
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "orphans would not become ours")
    began = time.monotonic()
    with subprocess.Popen(sys.argv[2:], stdout=subprocess.DEVNULL) as process:
        try:
            process.wait(float(sys.argv[1]))
        except subprocess.TimeoutExpired:
            process.kill()
        wall = time.monotonic() - began
        code = process.wait()
    _end_all()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    sys.stdout.write(json.dumps({"wall": wall, "cpu": used.ru_utime + used.ru_stime, "code": code}) + "\n")


if __name__ == "__main__":
    main()
