"""Text from the network, made fit for a terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    """``text`` without characters that could command a terminal."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
