"""How much is taken from the network before it is taken for an attack; the runner's deadline bounds time."""

from __future__ import annotations

HEAD_BYTES = 256 * 1024
"""All that may come before the end of a final response's header, 1xx responses included: Chrome's limit."""

FIRST_READ_BYTES = 4096
"""A small first read, so that the first byte's arrival is not taken for that of a whole queue's last."""

REDIRECT_BODY_BYTES = 64 * 1024
REDIRECT_BODY_SECONDS = 0.25
"""How much of a redirect's body is waited for to keep the connection; past that a fresh one is opened."""

STEP_BYTES = 256 * 1024
"""How much is decoded before other probes get their turn."""
