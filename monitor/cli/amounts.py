"""Amounts for a person."""

from __future__ import annotations


def milliseconds(seconds: float | None) -> str:
    """``seconds`` in milliseconds, with as many digits as are of use; a dash where there is no figure."""
    if seconds is None:
        return "-"
    amount = seconds * 1000
    digits = 0 if abs(amount) >= 99.95 else 1 if abs(amount) >= 0.995 else 2
    return f"{amount:.{digits}f} ms"
