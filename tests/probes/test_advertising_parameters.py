"""The arithmetic of parameters: what is added, kept, lost, changed and put back."""

from urllib.parse import parse_qsl, quote, quote_plus

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from probes.advertising.parameters import add, address, find_fate, shown, values

NAMES = st.text(min_size=1, max_size=8)
VALUES = st.text(max_size=12)
ADDED = st.dictionaries(NAMES, VALUES, max_size=6)
# Queries as people and programs write them: empty parts, names without a value, signs that need no escape.
PARTS = st.one_of(
    st.tuples(NAMES, VALUES).map(lambda pair: f"{quote(pair[0], safe='')}={quote_plus(pair[1])}"),
    st.sampled_from(["", "flag", "a=", "=b", "a=b=c", "utm_source=own", "x=%zz", "p=a+b", "ü=ö", "a=?/"]),
)
QUERIES = st.lists(PARTS, max_size=6).map("&".join)
FRAGMENTS = st.sampled_from(["", "#", "#top", "#/sale?utm_source=x"])
PATHS = st.sampled_from(["", "/", "/sale", "/a&b", "/a=b", "/%3F"])


@given(path=PATHS, query=st.none() | QUERIES, fragment=FRAGMENTS, added=ADDED)
@example(path="/a&", query=None, fragment="#x", added={"utm_source": "google"})
@example(path="/", query="a=1&", fragment="", added={"utm_source": "google"})
def test_what_is_there_stays_as_it_is_and_in_its_order(path, query, fragment, added):
    base = f"https://www.example.com{path}" + ("" if query is None else f"?{query}")
    result = add(base + fragment, added.items())
    assert result.startswith(base)
    assert result.endswith(fragment)
    between = result[len(base) : len(result) - len(fragment)]
    assert parse_qsl(between.lstrip("?&"), keep_blank_values=True) == [
        (name, value) for name, value in added.items() if name not in values(base)
    ]


@given(query=QUERIES, added=ADDED)
def test_what_was_added_is_found_again_and_what_was_there_still_is(query, added):
    url = f"https://www.example.com/?{query}"
    before, after = values(url), values(add(url, added.items()))
    assert before.items() <= after.items()
    assert after == {name: value.encode() for name, value in added.items()} | before


@given(query=QUERIES, added=ADDED)
def test_adding_twice_adds_once(query, added):
    once = add(f"https://www.example.com/?{query}", added.items())
    assert add(once, added.items()) == once


@given(query=QUERIES, added=ADDED)
def test_a_visit_sends_all_that_was_added(query, added):
    """The address goes through the reader that the visit uses, which escapes what needs it."""
    url = add(f"https://www.example.com/?{query}", added.items())
    fate = find_fate(values(url), [str(httpx.URL(url))])
    assert fate.lost == []
    if "%zz" not in query:  # httpx escapes the sign of a broken escape
        assert fate.changed == []


@given(sent=ADDED, way=st.lists(st.sampled_from(["whole", "lost", "changed"]), min_size=1, max_size=5))
def test_a_fate_is_what_the_last_address_says(sent, way):
    encoded = {name: value.encode() for name, value in sent.items()}
    urls = []
    for state in way:
        there = {name: value + "!" * (state == "changed") for name, value in sent.items()}
        urls.append(add("https://www.example.com/", [] if state == "lost" else there.items()))
    fate = find_fate(encoded, urls)
    told = {"whole": fate.survived, "lost": fate.lost, "changed": fate.changed}
    assert [len(told[state]) for state in told] == [len(sent) * (state == way[-1]) for state in told]
    since = next(hop for hop in range(1, len(way) + 1) if set(way[hop - 1 :]) == {way[-1]})
    assert all(one["at_hop"] == since for one in [*fate.lost, *fate.changed])
    assert bool(fate.returned) == (bool(sent) and way[-1] == "whole" and set(way) != {"whole"})


@pytest.mark.parametrize(
    ("there", "same"),
    [
        ("utm_campaign=Spring%20Sale", True),
        ("utm_campaign=Spring+Sale", True),
        ("utm%5Fcampaign=Spring%20%53ale", True),
        ("x=1&utm_campaign=Spring+Sale&utm_campaign=other", True),
        ("utm_campaign=other&utm_campaign=Spring+Sale", False),
        ("utm_campaign=Spring%2520Sale", False),
        ("utm_campaign=Spring%2BSale", False),
        ("utm_campaign=spring+sale", False),
        ("utm_campaign=Spring+Sale%20", False),
        ("utm_campaign=", False),
    ],
)
def test_values_are_compared_decoded_with_capitals_and_the_first_counts(there, same):
    fate = find_fate({"utm_campaign": b"Spring Sale"}, [f"https://www.example.com/?{there}"])
    assert (fate.survived == ["utm_campaign"]) is same
    assert bool(fate.changed) is not same


def test_the_name_in_other_capitals_is_another_parameter():
    fate = find_fate({"ScCid": b"1"}, ["https://www.example.com/?sccid=1"])
    assert [one["name"] for one in fate.lost] == ["ScCid"]


def test_a_parameter_that_came_back_changed_is_changed_since_then():
    urls = [f"https://www.example.com/?{query}" for query in ("a=1", "", "a=2", "a=3")]
    assert find_fate({"a": b"1"}, urls).changed == [{"name": "a", "at_hop": 3, "to": "3"}]


def test_a_parameter_that_was_lost_twice_is_lost_where_it_went_for_good():
    urls = [f"https://www.example.com/{hop}?{query}" for hop, query in enumerate(("a=1", "", "a=1", "", ""))]
    (lost,) = find_fate({"a": b"1"}, urls).lost
    assert (lost["at_hop"], lost["url"]) == (4, "https://www.example.com/3?")


@pytest.mark.parametrize(
    ("fragment", "there"),
    [("a=1", True), ("/sale?b=2&a=1", True), ("?a=1", True), ("top", False), ("", False), ("aa=1", False)],
)
def test_a_parameter_in_the_fragment_is_lost_and_told(fragment, there):
    (lost,) = find_fate({"a": b"1"}, ["https://www.example.com/"], fragment).lost
    assert lost["in_fragment"] is there


def test_what_is_shown_is_short_and_text():
    url = "https://www.example.com/?a=" + "x" * 5_000
    fate = find_fate({"a": b"1", "b": b"2"}, [url])
    assert len(fate.changed[0]["to"]) == 200
    assert len(fate.lost[0]["url"]) == 500
    assert shown(b"\xff") == "\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    "other",
    [
        "https://www.example.com/sale?b=2&a=1&a=3",
        "https://www.example.com/sale?a=1&a=3&b=2&utm_source=google&utm_whatever=1",
        "https://WWW.example.com:443/s%61le?a=1&a=3&b=%32&gclid=x#top",
    ],
)
def test_an_address_is_the_same_whatever_says_nothing_about_the_page(other):
    one = address("https://www.example.com/sale?a=1&a=3&b=2", {"gclid"})
    assert one is not None
    assert address(other, {"gclid"}) == one


@pytest.mark.parametrize(
    "other",
    [
        "http://www.example.com/sale?a=1",
        "https://example.com/sale?a=1",
        "https://www.example.com:8443/sale?a=1",
        "https://www.example.com/sale/?a=1",
        "https://www.example.com/sale?a=2",
        "https://www.example.com/sale?a=1&a=1",
        "https://www.example.com/sale",
    ],
)
def test_another_address_is_another(other):
    assert address(other, ()) != address("https://www.example.com/sale?a=1", ())


def test_what_is_no_address_is_none():
    assert address("https://[::1", ()) is None
    assert address("https://www.example.com:port/", ()) is None
    assert address("https://www.example.com", ()) == address("https://www.example.com/", ())


@given(url=st.text(max_size=60))
def test_no_text_is_too_strange_to_be_looked_at(url):
    address(url, ())
    assert isinstance(values(url), dict)
