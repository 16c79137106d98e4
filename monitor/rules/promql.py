"""How values stand in PromQL and in Prometheus's templates: quoted, so that no name can be anything else."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Sequence

from monitor.judging.incident_plan import PageKey
from probes.units import format_duration


def string(text: str) -> str:
    """A string of PromQL."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def matcher(**labels: str | None) -> str:
    """A selector of series with exactly these labels; ``None`` leaves one out."""
    held = [f"{name}={string(value)}" for name, value in labels.items() if value is not None]
    return f"{{{','.join(held)}}}" if held else ""


def matching(texts: Iterable[str]) -> str:
    """A regular expression, as a string, that matches exactly these texts."""
    return string("|".join(map(re.escape, texts)))


def selectors(wanted: Iterable[PageKey], known: Iterable[PageKey]) -> list[str]:
    """Selectors that together choose the pages ``wanted`` among those ``known``, as few as there can be.

    All that are known take no selector, and all pages of a vendor no word about pages.
    """
    held, all_of = _by_vendor(wanted), _by_vendor(known)
    if held == all_of:
        return [""]
    whole = [vendor for vendor, pages in held.items() if pages == all_of.get(vendor)]
    found = [f"{{vendor=~{matching(whole)}}}"] if whole else []
    return found + [
        f"{{vendor={string(vendor)},page=~{matching(pages)}}}"
        for vendor, pages in held.items()
        if vendor not in whole
    ]


def either(expressions: Sequence[str]) -> str:
    """One expression for several of the same labels."""
    return expressions[0] if len(expressions) == 1 else f"({' or '.join(expressions)})"


def span(seconds: float) -> str:
    """A duration as Prometheus reads it: whole seconds, rounded up."""
    return format_duration(math.ceil(seconds))


def number(value: float) -> str:
    """A number without the last digits of binary fractions."""
    return f"{value:.10g}"


def literal(text: str) -> str:
    """A text in a template that stands for itself."""
    return text.replace("{", '{{ "{" }}')


def argument(text: str) -> str:
    """A text as the argument of a template's function."""
    return json.dumps(text, ensure_ascii=False)


def _by_vendor(pages: Iterable[PageKey]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for vendor, page in pages:
        found.setdefault(vendor, []).append(page)
    return found
