"""The config of a bundle: all that decides what is measured and how it is judged, and nothing that is secret.

What has no part in a verdict (where samples are kept, who is told) names machines and people of yours, and is
left out. A secret is in a config by name only; texts that people may have written into it all the same
(headers, cookies, bodies, what is typed into forms, a proxy's password) are left out too.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import orjson
from pydantic import ValidationError

from monitor.config.across import mistakes_across
from monitor.config.mistakes import show_path
from monitor.config.model import Config, ProbeSettings, usual_model
from monitor.config.objectives import GRADES, Objective, Unit
from monitor.evidence.failure import Unreadable
from monitor.evidence.manifest import mistake
from monitor.evidence.names import CONFIG
from probes.kinds import kinds
from probes.units import format_duration

SHOWN = ("region", "continent", "controls", "vendors", "objectives", "maintenance", "retention")
"""The keys of a config that a bundle has."""
LEFT_OUT = "(left out)"
LARGEST = 8 * 1024 * 1024
"""Bytes of a bundle's config."""


def config_json(config: Config) -> bytes:
    """The config as JSON, with all defaults written out."""
    value = config.model_dump(mode="json", by_alias=True, exclude_none=True, include=set(SHOWN))
    for written, objective in zip(value["objectives"], config.objectives, strict=True):
        key = "at_most" if objective.at_least is None else "at_least"
        written[key] = _target(objective)
    for vendor, named in zip(config.vendors, value["vendors"], strict=True):
        for page, held in zip(vendor.pages, named["pages"], strict=True):
            for kind, settings in page.probes.configured():
                held["probes"][kind] = _without_secrets(held["probes"][kind], settings)
    return orjson.dumps(value, option=orjson.OPT_INDENT_2) + b"\n"


def config_from(data: bytes) -> Config:
    """The config in a bundle's file. No secret is looked for, and no file that it names is opened.

    Raises:
        Unreadable: it is none, or one of another version.
    """
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise Unreadable(CONFIG, f"it is no JSON: {error}") from error
    if not isinstance(value, dict):
        raise Unreadable(CONFIG, "it is no mapping")
    wrong = next(iter(mistakes_across(value, kinds())), None)
    if wrong is not None:
        raise Unreadable(CONFIG, f"{show_path(wrong[0])}: {wrong[1]}"[:300])
    try:
        return usual_model().model_validate(value, context={"reveal": False})
    except ValidationError as error:
        raise Unreadable(CONFIG, f"it is no config of this version: {mistake(error)}") from error


def _target(objective: Objective) -> str | float:
    """The target, exactly, as a config takes it."""
    if objective.unit is Unit.SECONDS:
        return f"{Decimal(repr(objective.target)):f}s"
    if objective.unit is Unit.GRADE:
        return GRADES[int(objective.target)]
    return objective.target


def _without_secrets(written: dict[str, Any], settings: ProbeSettings) -> dict[str, Any]:
    """A probe's options without what nobody else should read."""
    # One that nobody wrote gives way to a short `every`; here it is written.
    found = written | {"timeout": format_duration(settings.deadline)}
    for key in ("headers", "cookies"):
        if key in found:
            found[key] = {name: _hidden(value) for name, value in found[key].items()}
    if "body" in found:
        found["body"] = LEFT_OUT
    if "@" in urlsplit(found.get("proxy", "")).netloc:
        found["proxy"] = found["proxy"].replace(urlsplit(found["proxy"]).netloc.rpartition("@")[0] + "@", "")
    for step in found.get("steps", ()):
        if "value" in step:
            step["value"] = _hidden(step["value"])
    return found


def _hidden(value: Any) -> Any:
    return LEFT_OUT if isinstance(value, str) else value
