from __future__ import annotations

from datetime import UTC, datetime

from structlog.testing import capture_logs

from monitor.pipeline import Pipeline
from probes.sample import Attempt, Outcome, Sample


def make_sample() -> Sample:
    return Sample(
        id="1",
        at=datetime(2026, 1, 1, tzinfo=UTC),
        vendor="acme",
        page="home",
        url="https://home.test/",
        region="here",
        probe="http",
        attempt=Attempt.SCHEDULED,
        outcome=Outcome.UP,
    )


class BrokenSink:
    """Fails as long as ``broken``."""

    def __init__(self) -> None:
        self.broken = True
        self.taken: list[Sample] = []

    def take(self, sample: Sample) -> None:
        if self.broken:
            raise OSError("no space left on device")
        self.taken.append(sample)


def test_every_sink_gets_every_sample() -> None:
    first, second = [], []
    pipeline = Pipeline({"first": first.append, "second": second.append})
    samples = [make_sample(), make_sample()]
    for sample in samples:
        pipeline.emit(sample)
    assert first == second == samples
    assert pipeline.errors == {"first": 0, "second": 0}


def test_a_failing_sink_stops_no_other_and_is_counted() -> None:
    good: list[Sample] = []
    pipeline = Pipeline({"bad": BrokenSink().take, "good": good.append})
    for _ in range(3):
        pipeline.emit(make_sample())
    assert len(good) == 3
    assert pipeline.errors == {"bad": 3, "good": 0}


def test_a_failing_sink_is_logged_when_that_begins_and_when_it_is_over() -> None:
    sink = BrokenSink()
    pipeline = Pipeline({"disk": sink.take, "other": BrokenSink().take})
    with capture_logs() as logs:
        for broken in (True, True, True, False, False, True):
            sink.broken = broken
            pipeline.emit(make_sample())
    events = [(log["log_level"], log.get("lost")) for log in logs if log["sink"] == "disk"]
    assert events == [("error", None), ("info", 3), ("error", None)]
    assert all(log["exc_info"] for log in logs if log["log_level"] == "error")
    assert len(sink.taken) == 2
