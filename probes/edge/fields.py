"""The header fields that tell of an edge, out of a response's many, as bounded text."""

from __future__ import annotations

from collections.abc import Container

from probes.wire.exchange import Headers

Fields = dict[bytes, str]
"""Values by name in lower case; several fields of one name are joined by a comma, in their order."""

LONGEST = 2048
"""Characters of one name's values that are looked at: those at the start and at the end."""

_HALF = LONGEST // 2


def gather(headers: Headers, wanted: Container[bytes]) -> Fields:
    """The fields of ``headers`` whose names are ``wanted``."""
    found: Fields = {}
    for name, value in headers:
        if name in wanted:
            text = value.decode("latin-1")
            before = found.get(name)
            if before is not None:
                text = f"{before}, {text}"
            found[name] = text if len(text) <= LONGEST else f"{text[:_HALF]}, {text[-_HALF:]}"
    return found
