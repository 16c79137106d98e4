from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.edge.caching import age_of, standard_status, status_of
from probes.edge.timing import LONGEST, MOST_ENTRIES, parse_timing


def entry(name: str, duration: float | None = None, description: str | None = None) -> dict[str, Any]:
    return {"name": name, "duration": duration, "description": description}


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("miss, db;dur=53, app;dur=47.2", [entry("miss"), entry("db", 0.053), entry("app", 0.0472)]),
        ('customView, dc;desc="atl"', [entry("customView"), entry("dc", None, "atl")]),
        ('cache;desc="Cache Read";dur=23.2', [entry("cache", 0.0232, "Cache Read")]),
        ('a ; DUR = "5" ; desc = b', [entry("a", 0.005, "b")]),
        ('a;desc="x, y; \\"z\\" \\\\";dur=1', [entry("a", 0.001, 'x, y; "z" \\')]),
        ("a;dur=1;dur=2;desc=x;desc=y", [entry("a", 0.001, "x")]),
        ("a;dur=fast;desc", [entry("a")]),
        ("a;dur=-1, b;dur=nan, c;dur=inf, d;dur=1e999, e;dur=.5", [*map(entry, "abcd"), entry("e", 0.0005)]),
        ("a;dur=, b;dur=1e3, c;dur=\u0661", [entry("a"), entry("b", 1.0), entry("c")]),
        ('a;desc="never closed, b;dur=1', [entry("a", None, "never closed, b;dur=1")]),
        ('a;desc="\x00\x1b[31m"', [entry("a", None, "[31m")]),
        (", , a b, \u00e4, =x, ;dur=1, ok", [entry("ok")]),
        ("", []),
    ],
)
def test_server_timing_is_read_as_its_standard_has_it(text: str, entries: list[dict[str, Any]]) -> None:
    assert parse_timing(text) == entries


def test_server_timing_is_bounded() -> None:
    found = parse_timing(", ".join(f'n{number}{"x" * 200};desc="{"y" * 200}"' for number in range(50)))
    assert len(found) == MOST_ENTRIES
    assert {len(one[key]) for one in found for key in ("name", "description")} == {LONGEST}


@given(st.text(st.sampled_from(list('ab;=",\\ 1.\x7f')), max_size=60))
def test_no_server_timing_is_too_broken_to_be_read(text: str) -> None:
    for one in parse_timing(text):
        assert one["name"]


@pytest.mark.parametrize(
    ("text", "last", "status"),
    [
        ("HIT", False, "hit"),
        ("Miss from cloudfront", False, "miss"),
        ("TCP_MEM_HIT from a118 (AkamaiGHost/6) (-)", False, "hit"),
        ("TCP_REFRESH_FAIL_HIT from a1", False, "stale"),
        ("MISS, HIT", True, "hit"),
        ("HIT, MISS", True, "miss"),
        ("Hit from child, Miss from parent", False, "hit"),
        ("Cache Miss", False, "miss"),
        ("UPDATING", False, "stale"),
        ("PRIVATE_NOSTORE", False, "bypass"),
        ("NONE/UNKNOWN", False, None),
        ("Error from cloudfront", False, None),
        ("cache", False, None),
        ("", False, None),
        (", ", True, None),
    ],
)
def test_a_caches_word_is_one_of_the_statuses_or_nothing(text: str, last: bool, status: str | None) -> None:
    assert status_of(text, last=last) == status


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Origin; fwd=miss, Edge; hit; ttl=100", "hit"),
        ("Edge; hit; ttl=-100", "stale"),
        ("Edge; hit=?1", "hit"),
        ("Edge; hit=?0; fwd=uri-miss", "miss"),
        ("Edge; fwd=vary-miss; stored", "miss"),
        ("Edge; fwd=stale; fwd-status=304", "revalidated"),
        ("Edge; fwd=stale; fwd-status=200", "expired"),
        ("Edge; fwd=request", "bypass"),
        ("Edge; fwd=method", "bypass"),
        ("Edge", None),
        ("", None),
    ],
)
def test_the_standard_header_is_read_for_the_cache_nearest_to_the_visitor(
    text: str, status: str | None
) -> None:
    assert standard_status(text) == status


@pytest.mark.parametrize(
    ("text", "age"),
    [("0", 0), (" 12 , 30", 12), ("9" * 15, 2**31), ("9" * 400, 2**31), ("-1", None), ("1.5", None),
     ("\u0661", None), ("\xb2", None), ("", None), (None, None)],
)  # fmt: skip
def test_an_age_is_whole_seconds_or_nothing(text: str | None, age: int | None) -> None:
    assert age_of(text) == age
