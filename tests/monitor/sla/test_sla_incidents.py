from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from simulator import moment_of

from monitor.sla.incidents import (
    PATIENCE,
    TABLE,
    Event,
    Finding,
    Incident,
    IncidentKind,
    Look,
    State,
    advance,
    is_silent,
)


def run(incident: Incident, looks: str, start: int = 0) -> tuple[Incident, list[State]]:
    """Looks every 15 s: x is bad, X bad in one region more, a dot good, and a question mark unknown."""
    states = []
    for place, sign in enumerate(looks, start):
        look = {".": Look.GOOD, "?": Look.UNKNOWN}.get(sign, Look.BAD)
        regions = ("eu", "us") if sign == "X" else ("eu",)
        finding = Finding(
            moment_of(15 * place),
            look,
            "connect",
            regions if look is Look.BAD else (),
            f"s{place}",
            place % 4,
        )
        if (transition := advance(incident, finding)) is not None:
            assert transition.expected_state is incident.state
            assert transition.expected_seen == incident.seen
            assert transition.new_state is transition.incident.state
            incident = transition.incident
        states.append(incident.state)
    return incident, states


def new(kind: IncidentKind) -> Incident:
    return Incident(kind, "vendor", "page")


@pytest.mark.parametrize(
    ("kind", "looks", "states"),
    [
        (IncidentKind.OUTAGE, ".x..", "none open recovering closed"),
        (IncidentKind.OUTAGE, "x.x?..x", "open recovering open open recovering closed closed"),
        (IncidentKind.OUTAGE, "xXxX..", "open worsened worsened worsened recovering closed"),
        (IncidentKind.OUTAGE, "x.X..", "open recovering worsened recovering closed"),
        (IncidentKind.ADVISORY, "x.xx", "suspected none suspected open"),
        (IncidentKind.ADVISORY, "x?x..", "suspected suspected open recovering closed"),
        (IncidentKind.SILENCE, "x.", "open closed"),
        (IncidentKind.CERTIFICATE, "xx.", "open open closed"),
        (IncidentKind.LATENCY, "xx.", "suspected suspected none"),
        (IncidentKind.LATENCY, "xxxxx", "suspected suspected suspected suspected open"),
    ],
)  # fmt: skip
def test_an_incident_opens_and_closes_with_patience(kind: IncidentKind, looks: str, states: str) -> None:
    assert run(new(kind), looks)[1] == [State(word) for word in states.split()]


def test_an_incident_keeps_its_reason_regions_worst_sample_and_both_ends() -> None:
    """Bad at 1, 2, 3 and (in one region more) 5; good at 6 and 7. The third look was the worst."""
    incident, _ = run(new(IncidentKind.OUTAGE), ".xxx.X..")
    assert incident.state is State.CLOSED
    assert (incident.since, incident.until) == (moment_of(15), moment_of(90))
    assert (incident.opened_by, incident.closed_by, incident.worst_sample) == ("s1", "s6", "s3")
    assert (incident.reason, incident.regions, incident.severity) == ("connect", ("eu", "us"), 3)


def test_a_suspicion_that_came_to_nothing_leaves_nothing_behind() -> None:
    incident, _ = run(new(IncidentKind.ADVISORY), "x.")
    assert incident == replace(new(IncidentKind.ADVISORY), seen=moment_of(15))


def test_looks_that_come_late_or_twice_change_nothing() -> None:
    incident, _ = run(new(IncidentKind.OUTAGE), "xx")
    for back in (0, 15, 30):
        late = Finding(moment_of(15) - timedelta(seconds=back), Look.GOOD, sample="late")
        assert advance(incident, late) is None


def test_what_a_person_hears_of() -> None:
    incident = new(IncidentKind.OUTAGE)
    told = []
    for place, (look, regions) in enumerate(
        [(Look.BAD, ("eu",)), (Look.BAD, ("eu",)), (Look.BAD, ("us",)), (Look.GOOD, ()), (Look.BAD, ("eu",)),
         (Look.GOOD, ()), (Look.GOOD, ())]
    ):  # fmt: skip
        transition = advance(incident, Finding(moment_of(place), look, regions=regions))
        assert transition is not None
        told.append(transition.tells)
        incident = transition.incident
    assert told == [True, False, True, False, False, False, True]


def test_every_state_but_the_last_is_left_and_every_event_is_used() -> None:
    assert {state for state, _ in TABLE} == set(State) - {State.CLOSED}
    assert {event for _, event in TABLE} == set(Event)
    assert PATIENCE.keys() == set(IncidentKind)


@pytest.mark.parametrize(("seconds", "every", "silent"), [(59, 15, False), (61, 15, True), (170, 60, False)])
def test_a_series_is_silent_after_three_intervals_and_a_minute_at_least(
    seconds: float, every: float, silent: bool
) -> None:
    assert is_silent(moment_of(0), moment_of(seconds), every, moment_of(-900)) is silent
    assert is_silent(None, moment_of(seconds), every, moment_of(0)) is silent
    assert not is_silent(moment_of(-900), moment_of(30), every, moment_of(0))
