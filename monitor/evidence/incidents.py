"""The incidents of a bundle, as JSON: what the judge of the daemon opened and closed, and when it did so."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import orjson
from sqlalchemy import Connection

from monitor.evidence.extent import Extent, Pages
from monitor.sla.windows import moment
from storage.incidents import incidents_between, transitions_of

_OWN = ("version", "streak", "number")


def incidents_json(connection: Connection, pages: Pages, extent: Extent) -> bytes:
    """The incidents of these pages that lasted at any moment of the window, with their changes."""
    found: list[dict[str, Any]] = []
    for vendor, page in pages:
        for one in incidents_between(
            connection, moment(extent.start), extent.until, vendor=vendor, page=page
        ):
            values = {name: value for name, value in asdict(one).items() if name not in _OWN}
            values["transitions"] = [asdict(each) for each in transitions_of(connection, one.id)]
            found.append(values)
    return orjson.dumps(found, option=orjson.OPT_UTC_Z | orjson.OPT_INDENT_2) + b"\n"
