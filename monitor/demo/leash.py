"""The leash: runs a command that dies with the process that started it, even if that one is killed.

``python leash.py PARENT COMMAND...`` asks the kernel for a SIGKILL at the parent's death and then becomes
the command. It stands alone (the standard library only), so that it starts in a few milliseconds. It is a
program between the two, not a ``preexec_fn``, because a parent with threads must not run Python between
fork and exec.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:  # pragma: no cover  # it becomes another program, measured or not
    """Become the command in ``arguments[1:]``, on the leash of process ``arguments[0]``."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != int(arguments[0]):  # it died before the kernel was asked
        sys.exit(1)
    os.execv(arguments[1], arguments[1:])  # noqa: S606  # the command is the demo's own


if __name__ == "__main__":  # pragma: no cover  # run by the supervisor alone
    main(sys.argv[1:])
