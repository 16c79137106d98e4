"""The error model of evidence bundles, on one screen.

- ``NotABundle``: the folder is none, or the wrong one to write into; somebody meant another.
- ``Unreadable``: a file of a bundle is not what it should be. The words name it.
- ``NotMade``: a bundle can't be made now, and why.
"""

from __future__ import annotations


class NotABundle(Exception):
    """The folder is not one that was meant."""


class Unreadable(Exception):
    """A file of a bundle can't be taken for what it should be.

    Attributes:
        file: its path in the bundle.
        words: what is wrong with it.
    """

    def __init__(self, file: str, words: str) -> None:
        super().__init__(f"{file}: {words}")
        self.file = file
        self.words = words


class NotMade(Exception):
    """The bundle can't be made."""
