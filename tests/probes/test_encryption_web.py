"""What goes with a page's encryption: HSTS, the way from http://, and CAA records."""

from __future__ import annotations

import dns.rcode
import dns.rrset
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nameserver import nameserver, refusing, silent

from probes.encryption.caa import find_caa
from probes.encryption.hsts import LONG_ENOUGH, Hsts, read_hsts
from probes.encryption.plain import Plain, judge
from probes.sample import Fault, Outcome
from probes.trace import Trace
from probes.visit.beside import Look
from probes.visit.step import Step, step_to
from probes.wire.exchange import Head

YEAR = 31_536_000


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        (None, Hsts()),
        ("max-age=31536000", Hsts(True, YEAR)),
        ("Max-Age=31536000; includeSubDomains; preload", Hsts(True, YEAR, True, True)),
        ('max-age="31536000" ; IncludeSubDomains', Hsts(True, YEAR, True)),
        (" ;max-age=31536000;; x=y", Hsts(True, YEAR)),
        ("max-age=0", Hsts(True, 0)),
        ("includeSubDomains; preload", Hsts(True)),
        ("max-age=-1", Hsts(True)),
        ("max-age=1y", Hsts(True)),
        ("max-age=1; max-age=31536000", Hsts(True)),
        ("max-age=31536000 includeSubDomains", Hsts(True)),
        ("max-age=31536000, max-age=31536000", Hsts(True)),
        ("", Hsts(True)),
    ],
)
def test_a_header_is_read_as_browsers_read_it(header: str | None, wanted: Hsts) -> None:
    assert read_hsts(header, "site.test") == wanted


def test_long_enough_is_half_a_year() -> None:
    assert not read_hsts(f"max-age={LONG_ENOUGH - 1}", "site.test").long
    assert read_hsts(f"max-age={LONG_ENOUGH}", "site.test").long
    assert LONG_ENOUGH == 180 * 86_400


def test_an_address_is_no_host_to_remember() -> None:
    assert read_hsts("max-age=31536000; preload", "192.0.2.1") == Hsts(True)


@given(st.text(max_size=80))
def test_no_header_makes_the_reader_stumble(header: str) -> None:
    found = read_hsts(header, "site.test")
    assert found.present
    assert found.max_age is None or found.max_age >= 0


STEP = step_to(httpx.URL("http://site.test/sale"), b"GET", b"")


def plain(status: int, location: str | None = None, step: Step = STEP) -> Plain:
    headers = ((b"location", location.encode()),) if location else ()
    seen = Head(status, headers, 0.0, 0.0, None)
    return judge(step, Look(Outcome.UP, None, None, Trace(0.0), seen, None, None))


@pytest.mark.parametrize(
    ("status", "location", "in_clear", "leads"),
    [
        (301, "https://site.test/sale", False, True),
        (308, "https://site.test:8443/", False, True),
        (302, "https://www.site.test/", False, False),
        (301, "http://www.site.test/", True, False),
        (301, "/other", True, False),
        (200, None, True, False),
        (404, None, False, False),
        (301, None, False, False),
        (301, "ftp://site.test/", False, False),
    ],
)
def test_where_a_visitor_without_encryption_gets(
    status: int, location: str | None, in_clear: bool, leads: bool
) -> None:
    found = plain(status, location)
    assert (found.in_clear, found.leads, found.status) == (in_clear, leads, status)


def test_a_port_that_is_closed_serves_nothing_and_silence_is_not_known() -> None:
    closed = judge(STEP, Look(Outcome.DOWN, Fault.CONNECT, "refused", Trace(0.0), None, None, None))
    assert (closed.closed, closed.in_clear, closed.leads) == (True, False, True)
    for outcome, fault in ((Outcome.DOWN, Fault.TIMEOUT), (Outcome.UNKNOWN, Fault.CONNECT)):
        silence = judge(STEP, Look(outcome, fault, "why", Trace(0.0), None, None, None))
        assert (silence.closed, silence.in_clear, silence.leads) == (None, None, None)
        assert silence.detail == "why"


def caa_zone(records):
    """Answers from CAA records by name; other names exist and have none."""

    async def answer(query, over_tcp):
        message = dns.message.make_response(query, recursion_available=True)
        name = query.question[0].name
        found = records.get(name.to_text(omit_final_dot=True))
        if found:
            message.answer.append(dns.rrset.from_text(name, 60, "IN", "CAA", *found))
        return [message.to_wire()]

    return answer


async def test_the_nearest_name_with_records_is_the_one_that_counts() -> None:
    zone = caa_zone(
        {"shop.test": ['0 issue "ca.test"', '128 iodef "mailto:x@y.test"'], "test": ['0 issue ";"']}
    )
    async with nameserver(zone) as server:
        found = await find_caa([(server.host, server.port)], "www.shop.test.")
        assert [name for name, kind, _ in server.asked] == ["www.shop.test", "shop.test"]
        assert {kind for _, kind, _ in server.asked} == {"CAA"}
    assert found == [
        {"name": "shop.test", "tag": "iodef", "value": "mailto:x@y.test", "critical": True},
        {"name": "shop.test", "tag": "issue", "value": "ca.test", "critical": False},
    ]


async def test_no_records_up_to_the_top_are_none_and_no_answer_is_not_known() -> None:
    async with nameserver(caa_zone({})) as server:
        assert await find_caa([(server.host, server.port)], "a.b.test") == []
    async with nameserver(refusing(dns.rcode.SERVFAIL)) as server:
        assert await find_caa([(server.host, server.port)], "a.b.test") is None
    async with nameserver(silent) as server:
        assert await find_caa([(server.host, server.port)], "a.b.test", 0.1) is None
        assert await find_caa([(server.host, server.port)], "192.0.2.1") is None
        assert [name for name, _, _ in server.asked] == ["a.b.test"]
