"""By what names parts of the document are linked. Pure."""

from __future__ import annotations


def anchor(number: int) -> str:
    """That of a page: its number, from 1 on, for its name may hold anything."""
    return f"page-{number}"
