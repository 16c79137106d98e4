from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from docspages import ROOT, Page, page, spans

from monitor import burst, controls, deadline, housekeeping, reload
from monitor.cli import samples as command
from monitor.health import clock, cpu, health, loop_lag
from monitor.web import app, listener
from probes import http, shields
from probes.sample import PHASES, Attempt, Clock, Fault, Hop, Outcome, Sample
from probes.units import format_size
from probes.visit import addresses, alike, beside, body, plan, visit
from probes.visit import round as rounds
from probes.visit.options import Options
from probes.wire import bounds, decode, dial, https_record, names, query
from probes.wire import quic_connection as quic
from storage import drain, engine, recorder, retention
from storage.store import Store
from storage.tables import samples as stored

SAMPLES = page("docs/samples.md")
MEASUREMENT = page("docs/measurement.md")
OPERATIONS = page("docs/operations.md")


@pytest.mark.parametrize(
    ("heading", "model"), [("Fields of a sample", Sample), ("Fields of a hop", Hop)], ids=["sample", "hop"]
)
def test_every_field_stands_in_the_docs_in_its_place(heading: str, model: type[Any]) -> None:
    table = SAMPLES.under(heading, "field")
    assert list(table.by_first()) == [field.name for field in fields(model)]
    for field, row in zip(fields(model), table.rows, strict=True):
        assert ("or null" in row[1]) == ("None" in str(field.type)), field.name


def test_the_columns_of_the_store_are_the_fields() -> None:
    assert [column.name for column in stored.columns] == [field.name for field in fields(Sample)]


@pytest.mark.parametrize(("heading", "values"), [("outcome", Outcome), ("fault", Fault)], ids=str)
def test_every_outcome_and_fault_stands_in_the_docs(heading: str, values: type[Any]) -> None:
    assert list(SAMPLES.under(f"{heading.title()}s", heading).by_first()) == list(values)


def test_the_words_of_a_sample_are_named() -> None:
    rows = SAMPLES.under("Fields of a sample", "field").by_first()
    assert set(Attempt) <= set(spans(rows["attempt"][2]))
    assert set(Clock) <= set(spans(rows["clock"][2]))
    assert list(MEASUREMENT.under("Phases", "phase").by_first()) == list(PHASES)


def test_every_taint_stands_in_the_docs() -> None:
    given = {
        taint
        for path in (ROOT / "monitor").rglob("*.py")
        for taint in re.findall(r"(?:found|tainted)\.append\(\"(\w+)\"\)", path.read_text(encoding="utf-8"))
    }
    assert len(given) == 4
    assert SAMPLES.under("Taints", "taint").by_first().keys() == given
    assert MEASUREMENT.under("Taints", "taint").by_first().keys() == given


def test_every_piece_of_evidence_stands_in_the_docs() -> None:
    given = {
        key
        for path in (ROOT / "probes").rglob("*.py")
        for key in re.findall(r"_?evidence\[\"(\w+)\"\] =", path.read_text(encoding="utf-8"))
    }
    assert SAMPLES.under("Evidence", "key").by_first().keys() == given


def test_the_example_is_a_sample() -> None:
    text = next(block.text for block in SAMPLES.blocks if block.info == "json")
    sample = Sample.from_json(text)
    assert list(json.loads(text)) == [field.name for field in fields(Sample)]
    assert json.loads(sample.to_json()) == json.loads(text)
    assert sample.ttfb == pytest.approx(
        sum((hop.dns or 0) + (hop.connect or 0) + (hop.tls or 0) + (hop.wait or 0) for hop in sample.hops)
        + sum(hop.transfer or 0 for hop in sample.hops[:-1])
    )


def test_the_headings_of_csv_are_those_in_the_docs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store(url := f"sqlite:///{tmp_path / 'store.db'}")
    store.migrate()
    store.close()
    command.command(since="all", as_csv=True, store=url)
    assert capsys.readouterr().out == next(block.text for block in SAMPLES.blocks if block.info == "csv")


def size(number: int) -> str:
    """A size as pages write it."""
    return re.sub(r"(\d)([A-Z])", r"\1 \2", format_size(number))


def usual(function: Any, name: str) -> Any:
    return inspect.signature(function).parameters[name].default


def figures() -> Iterator[tuple[Page, str]]:
    """Sentences with figures in them, the figures taken from the code."""
    here = burst.BurstPlan()
    bursting = usual(burst.Bursts, "limit")
    share, floor = usual(cpu.Starvation, "share"), usual(cpu.Starvation, "floor")
    yield (
        MEASUREMENT,
        f"every {here.quick * 1000:g} ms for {here.quick_until:g} s, then every {here.slow:g} s",
    )
    yield MEASUREMENT, f"recovers or {here.until / 60:g} minutes have passed"
    yield MEASUREMENT, f"At most {bursting} pages burst at a time"
    yield (
        MEASUREMENT,
        f"with the `http` probe and {controls.TIMEOUT:g} s of patience, every {controls.EVERY:g} s",
    )
    yield MEASUREMENT, f"a round that began at most {controls.GAP:g} s before its end"
    yield (
        MEASUREMENT,
        f"waited for at least {share:.0%} of the time, and at least {floor * 1000:g} ms".replace("%", " %"),
    )
    yield MEASUREMENT, f"A stretch of at least {usual(cpu.Starvation, 'every') * 1000:g} ms"
    yield MEASUREMENT, f"a look that comes {usual(loop_lag.LoopLag, 'floor') * 1000:g} ms late or more"
    yield (
        MEASUREMENT,
        f"at least {health.FLOOR * 1000:g} ms, and at least {health.SHARE * 100:g} % of its duration",
    )
    yield MEASUREMENT, f"parted by {usual(clock.ClockSteps, 'least') * 1000:g} ms or more"
    yield MEASUREMENT, f"IPv4 waits up to {names.RESOLUTION_DELAY * 1000:g} ms for IPv6"
    yield MEASUREMENT, f"server has {query.TRY_SECONDS:g} s, then the next one is asked"
    yield MEASUREMENT, f"up to {https_record.MOST_ALIASES} aliases are followed"
    yield MEASUREMENT, f"after {dial.ATTEMPT_DELAY * 1000:g} ms without an answer"
    yield MEASUREMENT, f"the first reads are small ({size(bounds.FIRST_READ_BYTES)})"
    yield MEASUREMENT, f"`User-Agent: {plan.USER_AGENT}`"
    yield MEASUREMENT, f"`Accept-Encoding: {decode.ACCEPTED}`"
    yield MEASUREMENT, f"in bodies of at most {size(shields.LOOKED_AT_BYTES)}"
    yield MEASUREMENT, f"no answer after {rounds.PATIENCE:g} s (half of `timeout` where that is less"
    yield MEASUREMENT, f"only the addresses are looked at, for {rounds.DOWN_SECONDS:g} s at most"
    yield MEASUREMENT, f"Of more than {addresses.MOST_ADDRESSES}, twelve are drawn by lot"
    yield MEASUREMENT, f"with `similar` of at least {alike.SAME:g}"
    yield MEASUREMENT, f"a page with `similar` under {alike.OTHER:g}"
    yield MEASUREMENT, f"(of the first {size(shields.LOOKED_AT_BYTES)}, markup included"
    yield OPERATIONS, f"locked for more than {engine.BUSY_TIMEOUT:g} s"
    yield OPERATIONS, f"up to {drain.BATCH:,} at a time"
    yield (
        OPERATIONS,
        f"after {drain.FIRST_RETRY:g} s, then at doubling intervals of up to {drain.LAST_RETRY:g} s",
    )
    yield OPERATIONS, f"{recorder.HELD:,} samples wait in memory"
    yield OPERATIONS, f"{retention.BATCH:,} samples in one transaction"
    yield OPERATIONS, f"More than {listener.CONNECTIONS} connections at a time"
    yield OPERATIONS, f"the content is compared every {reload.LOOK:g} s"
    assert (beside.AT_ONCE, rounds.SLOWER) == (4, 4.0)  # told in words
    assert (recorder.LINGER, app.LATE, housekeeping.JITTER, health.TICK) == (0.25, 1.0, 600, 0.1)


@pytest.mark.parametrize(
    ("one", "words"), list(figures()), ids=lambda value: value[:40] if isinstance(value, str) else ""
)
def test_a_figure_in_the_text_is_that_of_the_code(one: Page, words: str) -> None:
    assert one.prose.count(words) >= 1


def test_the_bounds_are_those_of_the_code() -> None:
    options = Options()
    patience = f"{dial.ATTEMPT_DELAY * 1000:g} ms, to {dial.MOST_ATTEMPTS} addresses"
    again = f"{deadline.AGAIN * 1000:g} ms"
    leaving = f"{bounds.REDIRECT_BODY_SECONDS * 1000:g} ms"
    windows = f"{size(quic.STREAM_WINDOW)} on a stream, {size(quic.CONNECTION_WINDOW)} in all"
    pieces = f"{quic._MOST_GAPS} pieces out of order"
    streams = f"{quic._SERVERS_STREAMS} streams"
    rows = {row[0]: row[1] for row in MEASUREMENT.under("Bounds", "what").rows}
    assert rows == {
        "one visit as a whole": f"`timeout`; a visit that is slow to end is cut again every {again}",
        "a name server's answer": f"{query.TRY_SECONDS:g} s, then the next one; the list three times",
        "attempts to connect": f"a new one after {patience} at most",
        "bytes before the end of the final header, 1xx responses included": size(bounds.HEAD_BYTES),
        "HTTP/2 frames that are no body, for one response": size(bounds.HEAD_BYTES),
        "HTTP/3 frames that are no body, on one stream": size(bounds.HEAD_BYTES),
        "a header block of HTTP/2 or 3, decoded": size(bounds.HEAD_BYTES),
        "what a server may send ahead over QUIC": f"{windows}, in {pieces}; {streams} of its own",
        "body as it comes": f"`max_body`, {size(options.max_body)}",
        "body decompressed": f"`max_decoded`, {size(options.max_decoded)}",
        "content codings on one another": str(decode._MOST_CODINGS),
        "text of a body that is kept to be searched": size(body.KEPT_BYTES),
        "a redirect's body": f"{size(bounds.REDIRECT_BODY_BYTES)}, {leaving}",
        "the body of a status that is not expected": f"{visit._REFUSAL_SECONDS:g} s",
        "redirects": f"`redirects`, {options.redirects}",
    }
    assert query.TRIES == 3
    assert http.TIMEOUT == 10.0
