"""A block: some lines of one family that belong to one target, and their numbers.

The text of a block (names and labels) is made once, as a template; a render fills in the numbers with one
``%``. That is what makes 1,000 pages cost milliseconds and not most of a second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Number = float | int | None

Frozen = tuple[str, tuple[Number, ...]]
"""A block at one moment: its template, and the numbers for it. A ``None`` leaves its line out."""


def escape(value: str) -> str:
    """A label's value as the exposition formats write it."""
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def label_pairs(labels: Mapping[str, str]) -> str:
    """Labels as they stand between the braces."""
    return ",".join(f'{name}="{escape(value)}"' for name, value in labels.items())


def series_line(name: str, labels: str, **more: str) -> str:
    """A series as it stands before its number: ``labels`` are what :func:`label_pairs` made of the page's."""
    return f"{name}{{{labels},{label_pairs(more)}}}" if more else f"{name}{{{labels}}}"


class Block:
    """Lines that are rendered together. ``values`` is written to directly: it is the hot path."""

    __slots__ = ("_template", "values")

    def __init__(self, lines: Sequence[str] = (), value: Number = 0) -> None:
        self._template = ""
        self.values: list[Number] = []
        for line in lines:
            self.add(line, value)

    def add(self, line: str, value: Number = 0) -> int:
        """Add a line (a name with its labels), and return where its number stands in ``values``."""
        self._template += line.replace("%", "%%") + " %s\n"
        self.values.append(value)
        return len(self.values) - 1

    def freeze(self) -> Frozen:
        """The block as it stands now."""
        return self._template, tuple(self.values)


def render(frozen: Frozen) -> str:
    """The lines of a frozen block."""
    template, values = frozen
    if None not in values:
        return template % values
    lines = template.split("\n")
    return "".join(
        f"{line % value}\n" for line, value in zip(lines, values, strict=False) if value is not None
    )
