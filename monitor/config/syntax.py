"""PyYAML's errors in landwatch's words: where reading stopped, and what most often causes it."""

from __future__ import annotations

import yaml

from monitor.config.mistakes import Mistake


def stopped(error: yaml.MarkedYAMLError, text: str) -> Mistake:
    """The mistake at which YAML stopped reading."""
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    lines = text.splitlines()
    at = lines[line - 1] if line <= len(lines) else ""
    if "\t" in at[: len(at) - len(at.lstrip())] or at[column - 1 : column] == "\t":
        return Mistake(line, column, (), "a tab stands where YAML takes only blanks: indent with spaces")
    if "expected a single document" in str(error.context):
        return Mistake(
            line, column, (), "a second document starts here: a config is one document, without `---`"
        )
    words = " ".join(filter(None, (error.context, _begun(error), error.problem)))
    return Mistake(line, column, (), f"this is no YAML: {words}{_guess(words)}")


def unreadable(error: yaml.reader.ReaderError, text: str) -> Mistake:
    """A character that no YAML has. Its place is looked for: libyaml counts bytes, and PyYAML characters."""
    letter = chr(error.character) if isinstance(error.character, int) else str(error.character)
    before = text.partition(letter)[0]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return Mistake(line, column, (), f"the character U+{ord(letter):04X} can't stand in YAML: take it out")


def _begun(error: yaml.MarkedYAMLError) -> str:
    begun, stopped = error.context_mark, error.problem_mark
    return f"that begins in line {begun.line + 1}" if begun and stopped and begun.line != stopped.line else ""


def _guess(words: str) -> str:
    """What is most often the cause of a syntax error."""
    if "mapping values are not allowed" in words:
        return "; is the line indented as its neighbours are, and text with a colon in quotes?"
    if "found character" in words and "cannot start any token" in words:
        return "; put text that starts with this character in quotes"
    if "undefined alias" in words:
        return "; name an anchor (&NAME) that stands before it"
    return "; are the lines indented alike, and quotes and brackets closed?"
