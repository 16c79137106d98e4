"""Reading YAML so that every value knows its place, and so that YAML's own traps are mistakes or no traps.

Scalars are read by the core schema of YAML 1.2: ``no`` and ``on`` are text, and so are dates and ``22:22``.
A key that stands twice, a tab, a second document, an alias in its own anchor and an unknown tag are mistakes.
Merge keys (``<<: *name``) work as people know them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from monitor.config.mistakes import Mistake, Path
from monitor.config.syntax import stopped, unreadable

MOST_VALUES = 200_000
"""More values than a config can need: aliases of aliases can make billions out of a few lines."""
DEEPEST = 50
"""More levels than a config can need. Far deeper ones crash libyaml's composer."""

_TAG = "tag:yaml.org,2002:"
_MERGE = f"{_TAG}merge"
_SCALARS = {
    f"{_TAG}null": re.compile(r"^(?:~|null|Null|NULL|)$"),
    f"{_TAG}bool": re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"),
    f"{_TAG}int": re.compile(r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$"),
    f"{_TAG}float": re.compile(
        r"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.inf|\.nan)$"
    ),
    _MERGE: re.compile(r"^<<$"),
}


_TOO_DEEP = f"lists and mappings stand more than {DEEPEST} deep in one another: a config needs a dozen levels"


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # libyaml where it is there
    """The loader, without the guesses of YAML 1.1."""

    yaml_implicit_resolvers: dict[Any, Any] = {}  # noqa: RUF012 (the name and type are PyYAML's)


for _tag, _pattern in _SCALARS.items():
    _Loader.add_implicit_resolver(_tag, _pattern, None)


@dataclass(slots=True)
class Document:
    """What a file holds: its value, and where each value and key stands."""

    value: Any = None
    values: dict[Path, tuple[int, int]] = field(default_factory=dict)
    """Line and column of each value."""
    keys: dict[Path, tuple[int, int]] = field(default_factory=dict)
    """Line and column of the key of each value in a mapping."""
    mistakes: list[Mistake] = field(default_factory=list)
    """What is wrong with the YAML."""

    def place(self, path: Path, *, of_key: bool = False) -> tuple[int, int]:
        """Line and column of a value or key, or of the nearest value round it that is there."""
        if of_key and path in self.keys:
            return self.keys[path]
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, (1, 1))

    def mistake(self, path: Path, message: str, *, of_key: bool = False) -> Mistake:
        """A mistake in this document."""
        line, column = self.place(path, of_key=of_key)
        return Mistake(line, column, path, message)


def read(text: str) -> Document:
    """The document in ``text``. Where it is no YAML, the only mistake is where reading stopped."""
    document = Document()
    try:
        depth = _too_deep(text)
        node = None if depth else _compose(text)
    except yaml.MarkedYAMLError as error:
        document.mistakes.append(stopped(error, text))
    except yaml.reader.ReaderError as error:
        document.mistakes.append(unreadable(error, text))
    else:
        if depth is not None:
            document.mistakes.append(depth)
        elif node is not None:
            document.value = _Builder(document).build(node, ())
    return document


def _too_deep(text: str) -> Mistake | None:
    """Where collections stand too deep in one another: the events that the composer makes nodes of say so."""
    depth = 0
    event: Any
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            return Mistake(event.start_mark.line + 1, event.start_mark.column + 1, (), _TOO_DEEP)
    return None


def _compose(text: str) -> yaml.Node | None:
    loader = _Loader(text)
    try:
        node: yaml.Node | None = loader.get_single_node()
        return node
    finally:
        loader.dispose()


class _EndlessError(Exception):
    """Aliases made more of the document than a config can need."""

    def __init__(self, node: yaml.Node, message: str) -> None:
        super().__init__(message)
        self.node = node


class _Builder:
    """Makes values of nodes, and notes their places."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._count = 0
        self._open: list[yaml.Node] = []

    def build(self, node: yaml.Node, path: Path) -> Any:
        """The value of a node and of all below it."""
        try:
            return self._value(node, path)
        except _EndlessError as error:
            self._wrong(error.node, (), str(error))
            return None

    def _value(self, node: yaml.Node, path: Path) -> Any:
        self._count += 1
        if self._count > MOST_VALUES:
            raise _EndlessError(
                node, f"aliases make more than {MOST_VALUES} values of this file: write fewer"
            )
        if len(self._open) > DEEPEST:
            raise _EndlessError(node, _TOO_DEEP)
        if any(node is other for other in self._open):
            self._wrong(node, path, "an alias stands inside its own anchor: write the values out")
            return None
        self._document.values.setdefault(path, _position(node))
        self._open.append(node)
        try:
            if isinstance(node, yaml.MappingNode) and node.tag == f"{_TAG}map":
                return self._mapping(node, path)
            if isinstance(node, yaml.SequenceNode) and node.tag == f"{_TAG}seq":
                return [self._value(item, (*path, place)) for place, item in enumerate(node.value)]
            return self._scalar(node, path)
        finally:
            self._open.pop()

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        own = [(key, value) for key, value in node.value if key.tag != _MERGE]
        for key_node, value_node in own:
            key = self._key(key_node, path)
            if key is None:
                continue
            if key in mapping:
                line = self._document.keys[*path, key][0]
                self._wrong(
                    key_node,
                    (*path, key),
                    f"the key stands a second time, after line {line}: leave one of the two",
                )
                continue
            self._document.keys[*path, key] = _position(key_node)
            mapping[key] = self._value(value_node, (*path, key))
        for merged in self._merged(node, path):
            for key_node, value_node in merged.value:
                key = self._key(key_node, path)
                if key is not None and key not in mapping and key_node.tag != _MERGE:
                    self._document.keys[*path, key] = _position(key_node)
                    mapping[key] = self._value(value_node, (*path, key))
        return mapping

    def _merged(self, node: yaml.MappingNode, path: Path) -> Iterator[yaml.MappingNode]:
        """The mappings behind ``<<``, and behind theirs, the strongest first."""
        self._open.append(node)
        for key, value in node.value:
            if key.tag != _MERGE:
                continue
            for source in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                if not isinstance(source, yaml.MappingNode) or any(source is other for other in self._open):
                    self._wrong(key, (*path, "<<"), "`<<` merges other mappings: write <<: *NAME")
                    continue
                yield source
                yield from self._merged(source, path)
        self._open.pop()

    def _key(self, node: yaml.Node, path: Path) -> str | None:
        if isinstance(node, yaml.ScalarNode) and node.tag != f"{_TAG}null":
            return str(node.value)
        self._wrong(node, path, "a key is a word: write KEY: VALUE")
        return None

    def _scalar(self, node: yaml.Node, path: Path) -> Any:
        text = str(node.value)
        kind = node.tag.removeprefix(_TAG)
        if kind in ("str", "merge"):
            return text
        if node.tag in _SCALARS and _SCALARS[node.tag].match(text):
            return _convert(kind, text)
        self._wrong(node, path, f"the tag {node.tag.replace(_TAG, '!!')} has no place here: leave it out")
        return None

    def _wrong(self, node: yaml.Node, path: Path, message: str) -> None:
        self._document.mistakes.append(Mistake(*_position(node), path, message))


def _convert(kind: str, text: str) -> Any:
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true"
    if kind == "int":
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    return float(text.replace(".inf", "inf").replace(".nan", "nan"))


def _position(node: yaml.Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1
