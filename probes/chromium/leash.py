"""The leash: becomes another program that dies with the process that started it, and that is held in bounds.

``python leash.py JSON COMMAND...``, where the JSON object has ``parent`` (the process to die with; null for
whoever it is), ``user`` (``[uid, gid]`` or null), ``limits`` (by the names of ``resource``) and ``note`` (a
file for the process's own number, or null). It stands alone (the
standard library only), so that it starts in a few milliseconds, and is a program between the two, not a
``preexec_fn``, because a parent with threads must not run Python between fork and exec.
"""

import ctypes
import json
import os
import resource
import signal
import sys

PR_SET_PDEATHSIG = 1
GONE = 75
"""Exit code where the parent died before the leash was on."""


def main(arguments: list[str]) -> None:  # pragma: no cover  # it becomes another program, measured or not
    """Become the command in ``arguments[1:]``."""
    rules = json.loads(arguments[0])
    parent = os.getppid() if rules["parent"] is None else rules["parent"]
    for name, most in rules["limits"].items():
        kind = getattr(resource, name)
        _, hard = resource.getrlimit(kind)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))
    if rules["note"] is not None:
        note = os.open(rules["note"], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.write(note, b"%d" % os.getpid())
        os.close(note)
    # From here on nothing may be imported: the other user may have no way to our library.
    if rules["user"] is not None:
        uid, gid = rules["user"]
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":  # after the change of user, which takes the leash off
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before the kernel was asked
        sys.exit(GONE)
    os.execv(arguments[1], arguments[1:])  # noqa: S606  # the command is our own


if __name__ == "__main__":  # pragma: no cover  # run as a program alone
    main(sys.argv[1:])
