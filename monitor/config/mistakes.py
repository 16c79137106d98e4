"""Mistakes in a config: where each stands, what is wrong, and what would be right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

Path = tuple[str | int, ...]
"""The way to a value: keys, and places in lists."""


def show_path(path: Path) -> str:
    """A path as a person writes it: ``vendors[0].pages[1].url``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake. Lines and columns count from 1; 0 where there is none, as in a file that can't be read."""

    line: int
    column: int
    path: Path
    message: str
    """What is wrong and, after a colon or a semicolon, what would be right."""

    def show(self, source: str) -> str:
        """The mistake on one line, as compilers write it, so that editors jump to it."""
        place = f"{source}:{self.line}:{self.column}" if self.line else source
        return ": ".join(part for part in (place, show_path(self.path), self.message) if part)


class ConfigError(Exception):
    """A config that can't be used, with every mistake in it, in the order of the file."""

    def __init__(self, source: str, mistakes: Iterable[Mistake]) -> None:
        self.source = source
        self.mistakes = tuple(sorted(mistakes, key=lambda mistake: (mistake.line, mistake.column)))
        super().__init__("\n".join(mistake.show(source) for mistake in self.mistakes))
