"""A picture inside the terminal, where it can: kitty's protocol and iTerm2's, which others speak too.

sw.kovidgoyal.net/kitty/graphics-protocol, iterm2.com/documentation-images.html
"""

from __future__ import annotations

import base64
from collections.abc import Mapping

_CHUNK = 4096
"""Letters that kitty takes at a time."""


def inline(png: bytes, environment: Mapping[str, str]) -> str | None:
    """What shows the picture in this terminal; ``None`` where it is not known to show any."""
    program, term = environment.get("TERM_PROGRAM", ""), environment.get("TERM", "")
    if "TMUX" in environment or term.startswith(("screen", "tmux")):
        return None  # they pass neither protocol on
    if "KITTY_WINDOW_ID" in environment or term in ("xterm-kitty", "xterm-ghostty"):
        return _kitty(png)
    if program in ("iTerm.app", "WezTerm"):
        data = base64.b64encode(png).decode()
        return f"\x1b]1337;File=inline=1;size={len(png)};preserveAspectRatio=1:{data}\x07"
    return None


def _kitty(png: bytes) -> str:
    data = base64.b64encode(png).decode()
    chunks = [data[start : start + _CHUNK] for start in range(0, len(data), _CHUNK)]
    parts = []
    for place, chunk in enumerate(chunks):
        control = "a=T,f=100," if place == 0 else ""
        parts.append(f"\x1b_G{control}m={int(place < len(chunks) - 1)};{chunk}\x1b\\")
    return "".join(parts)
