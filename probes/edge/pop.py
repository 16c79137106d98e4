"""Points of presence: how networks write, in a header, where a response was served from."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from probes.edge.fields import Fields
from probes.edge.places import Place, country_of, place_of


@dataclass(frozen=True, slots=True)
class PopRule:
    """Where one network writes its point of presence, and how."""

    header: bytes
    pattern: re.Pattern[str]
    """Its groups: ``iata``, or ``pop`` and perhaps ``country``."""
    last: bool
    """Whether the last of several is the one near the visitor."""
    places: Mapping[str, str]
    """Codes of the network's own, and the airports that they stand for."""
    country: str | None
    """The country of all that the pattern matches."""

    @classmethod
    def read(cls, entry: Mapping[str, Any]) -> Self:
        """The rule that the data file has."""
        return cls(
            header=entry["header"].encode(),
            pattern=re.compile(entry["pattern"]),
            last=entry.get("take") == "last",
            places=entry.get("places", {}),
            country=entry.get("country"),
        )

    def find(self, text: str) -> tuple[str, Place | None] | None:
        """The point of presence in a header's ``text``, and where it is, as far as that is known."""
        match = self._match(text)
        if match is None:
            return None
        groups = match.groupdict()
        if "iata" in groups:
            code = groups["iata"].upper()
            return code, place_of(code)
        pop, country = groups["pop"], groups.get("country") or self.country
        if pop in self.places:
            return pop, place_of(self.places[pop])
        return pop, country_of(country) if country else None

    def _match(self, text: str) -> re.Match[str] | None:
        if not self.last:
            return self.pattern.search(text)
        *_, found = [None, *self.pattern.finditer(text)]
        return found


def find_pop(rules: Sequence[PopRule], fields: Fields) -> tuple[str | None, Place | None]:
    """The first point of presence that a rule finds."""
    for rule in rules:
        text = fields.get(rule.header)
        if text is not None and (found := rule.find(text)) is not None:
            return found
    return None, None
