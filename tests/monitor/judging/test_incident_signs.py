"""HTTP/3 that is advertised and fails, and tracking that gets lost: incidents once they last."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from simulator import START, moment_of, sample_at
from watching import config, kept

from monitor.judging.incident_signs import KEPT, Signs
from monitor.judging.service import Judging
from monitor.metrics.judge_series import JudgeSeries
from probes.ids import uuid7
from probes.sample import Attempt, Sample
from storage.store import Store


@pytest.fixture
def judging(tmp_path: Path) -> Iterator[Judging]:
    store = Store(f"sqlite:///{tmp_path}/landwatch.db")
    store.migrate()
    judging = Judging(store, "r0", wall=lambda: START)
    judging.watch(config())
    yield judging
    judging.close(20.0)
    store.close()


def sign(at: float, probe: str = "http3", *, bad: bool, **changes: object) -> Sample:
    vital = {"http3_broken": float(bad)} if probe == "http3" else {"tracking": float(not bad)}
    one = replace(sample_at(at), probe=probe, vitals=vital, **changes)  # type: ignore[arg-type]
    one.id = uuid7(one.at.timestamp())
    return one


def states(judging: Judging, *samples: Sample) -> list[str]:
    """The state of the newest incident after each sample, as far as it is told."""
    found = []
    for one in samples:
        judging.record(one)
        judging.look(moment_of(one.at.timestamp() - START + 2.0))
        rows = [row for row in kept(judging._store) if row.kind in ("http3", "tracking")]
        found.append(rows[-1].state if rows else "")
    return found


def test_http3_is_an_incident_after_three_bad_samples_and_over_after_two_good_ones(judging: Judging) -> None:
    bad = [sign(300.0 * number, bad=number < 4) for number in range(7)]
    assert states(judging, *bad) == [
        "suspected",
        "suspected",
        "open",
        "open",
        "recovering",
        "closed",
        "closed",
    ]
    incident = next(row for row in kept(judging._store) if row.kind == "http3")
    assert (incident.subject, incident.regions) == ("r0", ("r0",))
    assert incident.reason == "it is advertised and does not work"
    assert (incident.since, incident.until) == (moment_of(0.0), moment_of(1200.0))
    assert (incident.opened_by, incident.closed_by) == (bad[0].id, bad[4].id)


def test_a_good_sample_ends_a_suspicion(judging: Judging) -> None:
    assert states(judging, *(sign(300.0 * at, bad=bad) for at, bad in enumerate((1, 1, 0, 1, 1)))) == [
        "suspected",
        "suspected",
        "",
        "suspected",
        "suspected",
    ]


def test_each_channel_has_its_own_incident(judging: Judging) -> None:
    def channel(at: float, name: str, *, bad: bool) -> Sample:
        return sign(at, "channel", bad=bad, variant=name)

    states(
        judging,
        channel(0.0, "tiktok", bad=True),
        channel(10.0, "google", bad=False),
        channel(300.0, "tiktok", bad=True),
        channel(310.0, "google", bad=False),
    )
    (incident,) = [row for row in judging.judged.outlook.open if row.kind == "tracking"]
    assert (incident.subject, incident.reason) == ("r0/tiktok", "parameters got lost on the way")
    lines = [
        line
        for family, each in JudgeSeries().lines(judging.judged)
        for line in each
        if 'kind="tracking"' in line
    ]
    assert [line.rpartition(" ")[2].strip() for line in lines] == ["1", "0"]
    assert 'region="r0",variant="tiktok"' in lines[0]
    assert 'region="r0",variant="google"' in lines[1]


@pytest.mark.parametrize(
    "sample",
    [
        sign(0.0, bad=True, attempt=Attempt.BURST),
        sign(0.0, bad=True, tainted=["cpu"]),
        replace(sign(0.0, bad=True), vitals={}),
        replace(sign(0.0, bad=True), probe="http"),
    ],
    ids=["burst", "tainted", "not-known", "another-probe"],
)
def test_what_says_nothing_is_no_sign(sample: Sample) -> None:
    signs = Signs("r0")
    signs.record(sample)
    assert signs._seen == {}


def test_signs_of_pages_that_are_watched_no_more_are_nothing(judging: Judging) -> None:
    judging.record(sign(0.0, bad=True, page="gone"))
    judging.look(moment_of(2.0))
    assert judging.judged.outlook.signs == []


def test_no_more_signs_are_kept_than_are_needed() -> None:
    signs = Signs("r0")
    for number in range(3 * KEPT):
        signs.record(sign(300.0 * number, bad=True))
    assert [len(one) for one in signs._seen.values()] == [KEPT]


def test_in_maintenance_there_are_no_signs(judging: Judging) -> None:
    more = (
        "maintenance:\n  - {from: 2026-01-01T00:00Z, until: 2026-01-01T01:00Z, declared: 2025-12-01T00:00Z}\n"
    )
    judging.watch(config(more=more))
    assert states(judging, *(sign(300.0 * at, bad=True) for at in range(5))) == [""] * 5
