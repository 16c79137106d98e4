"""The grades of an encryption. A leaf, so that a config can name them without what measures them."""

from __future__ import annotations

GRADES = ("F", "D", "C", "B", "A", "A+")
"""The grades, the worst first; a grade's number is its place in this list."""

FINANCIAL = "A"
"""The least grade that counts as what vendors call financial-grade encryption."""


def place(grade: str) -> int:
    """The number of a grade: F is 0, A+ is 5."""
    return GRADES.index(grade)


def is_financial(grade: str | None) -> bool:
    """Whether a grade counts as financial-grade; one that could not be given does not."""
    return grade is not None and place(grade) >= place(FINANCIAL)
