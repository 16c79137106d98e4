"""Kinds of probe for tests of the config: two that stand in for real ones, with options of every sort."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Annotated, Literal, cast

import pytest
from pydantic import BaseModel, ConfigDict, Field

from probes.kinds import Kind
from probes.units import Ratio, Seconds, Secret, Size


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Expect(Part):
    status: list[Annotated[int, Field(ge=100, le=599)]] | int = 200
    body: Annotated[str, Field(min_length=2, max_length=20)] | None = None


class HttpOptions(Part):
    method: Literal["GET", "HEAD", "POST"] = "GET"
    headers: dict[Annotated[str, Field(pattern=r"^[A-Za-z-]+$")], str] = {}
    expect: Expect = Expect()
    token: Secret | None = None
    ip: Literal["any", "4", "6"] = "any"
    max_body: Annotated[Size, Field(ge=1024)] = 10 * 2**20
    insecure: bool = False
    redirects: Annotated[int, Field(ge=0, le=50)] = 20
    code: Annotated[str, Field(pattern="^[a-z]+$")] = "a"


class BrowserOptions(Part):
    share: Annotated[Ratio, Field(lt=1)] = 0.5
    settle: Annotated[Seconds, Field(gt=0)] = 1.0


@pytest.fixture(scope="session")
def probes() -> Mapping[str, Kind]:
    """Kinds named ``http`` and ``browser``."""
    kinds = {
        "http": SimpleNamespace(
            __doc__="Visits.\n\nMore.", Options=HttpOptions, EVERY=15.0, TIMEOUT=10.0, BURSTS=True
        ),
        "browser": SimpleNamespace(
            __doc__="", Options=BrowserOptions, EVERY=900.0, TIMEOUT=60.0, BURSTS=False
        ),
    }
    return cast("Mapping[str, Kind]", kinds)
