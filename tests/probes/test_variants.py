"""The variants of a page: what tells its targets and samples apart, and where they come from."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pydantic import BaseModel

from monitor.config import parse
from probes.kinds import Kind, kinds, variants_of
from probes.sample import Attempt, Outcome, Sample
from probes.target import Target, page_title


class Options(BaseModel):
    pass


def make_sample(**fields: Any) -> Sample:
    at = datetime(2026, 5, 1, tzinfo=UTC)
    return Sample(
        "1", at, "v", "p", "https://a.test/", "r", "channel", Attempt.SCHEDULED, Outcome.UP, **fields
    )


@pytest.mark.parametrize("variant", [None, "google"])
def test_a_sample_has_the_key_of_its_target(variant: str | None) -> None:
    target = Target("v", "p", "https://a.test/", "r", "channel", None, variant=variant)
    assert make_sample(variant=variant).key == target.key == ("v", "p", "channel", variant or "")


def test_the_variant_is_in_the_json_and_may_be_missing_from_it() -> None:
    sample = make_sample(variant="google")
    assert Sample.from_json(sample.to_json()) == sample
    fields = json.loads(sample.to_json())
    assert list(fields)[6:9] == ["probe", "variant", "attempt"]
    del fields["variant"]
    assert Sample.from_json(json.dumps(fields)) == make_sample()


def test_a_kind_that_says_nothing_of_variants_makes_one_target() -> None:
    plain = SimpleNamespace()
    empty = SimpleNamespace(variants=lambda options: ())
    assert [variants_of(cast("Kind", kind), Options()) for kind in (plain, empty)] == [(None,), (None,)]


def test_a_variant_that_is_named_twice_is_one() -> None:
    kind = cast("Kind", SimpleNamespace(variants=lambda options: ["b", "a", "b"]))
    assert variants_of(kind, Options()) == ("b", "a")


@pytest.mark.parametrize("name", kinds())
def test_the_targets_of_every_kind_are_told_apart(name: str) -> None:
    page = f"{{name: p, url: 'https://a.test/', probes: {{{name}: }}}}"
    watches = parse(f"{{region: r, vendors: [{{name: v, pages: [{page}]}}]}}").watches()
    assert len({watch.target.key for watch in watches}) == len(watches) >= 1
    assert [watch.target.variant for watch in watches] == list(
        variants_of(kinds()[name], watches[0].target.options)
    )


def test_the_title_of_a_page_has_its_variant() -> None:
    assert (page_title("sale", None), page_title("sale", "tiktok")) == ("sale", "sale · tiktok")
