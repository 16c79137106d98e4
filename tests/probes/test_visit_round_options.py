"""What a page may ask of rounds, and what makes no sense."""

import pytest
from pydantic import ValidationError

from probes.http import Options
from probes.visit.round_options import MOST_ORIGINS, parse_origin


@pytest.mark.parametrize(
    ("options", "looks"),
    [
        ({}, False),
        ({"round_every": "1h"}, False),
        ({"addresses": "one"}, False),
        ({"addresses": "all"}, True),
        ({"cache_bust": True}, True),
        ({"origins": ["192.0.2.1"]}, True),
        ({"protocols": ["h1", "h2"]}, True),
    ],
)
def test_a_page_has_rounds_where_it_asks_for_a_look(options, looks):
    assert Options.model_validate(options).looks is looks


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"round_every": "5s"}, "greater than or equal to 10"),
        ({"addresses": "some"}, "'one' or 'all'"),
        ({"origins": [f"192.0.2.{number}" for number in range(MOST_ORIGINS + 1)]}, "at most 8"),
        ({"origins": ["http://192.0.2.1"]}, "not an origin such as"),
        ({"origins": ["192.0.2.1"], "method": "POST"}, "origins are asked by GET"),
        ({"cache_bust": True, "method": "POST"}, "whose answers no cache keeps"),
        ({"addresses": "all", "proxy": "http://192.0.2.1:3128"}, "it is the proxy that connects"),
        ({"origins": ["192.0.2.1"], "proxy": "http://192.0.2.1:3128"}, "origins can't stand beside proxy"),
    ],
)
def test_what_makes_no_sense_is_told_in_words(options, words):
    with pytest.raises(ValidationError, match=words):
        Options.model_validate(options)


def test_a_page_behind_a_proxy_may_be_asked_past_the_caches():
    assert Options.model_validate({"cache_bust": True, "proxy": "http://192.0.2.1:3128"}).looks


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("192.0.2.1", ("192.0.2.1", None)),
        ("192.0.2.1:443", ("192.0.2.1", 443)),
        ("2001:db8::1", ("2001:db8::1", None)),
        ("[2001:db8::1]", ("2001:db8::1", None)),
        ("[2001:db8::1]:8443", ("2001:db8::1", 8443)),
        ("Origin.example.com", ("origin.example.com", None)),
        ("origin_1.example.com:80", ("origin_1.example.com", 80)),
    ],
)
def test_an_origin_is_an_address_or_a_name_with_or_without_a_port(text, origin):
    assert parse_origin(text) == origin


@pytest.mark.parametrize(
    "text",
    ["", "a b", "user@origin.test", "origin.test/path", "origin.test?x", "origin.test:", "origin.test:0",
     "origin.test:65536", "192.0.2.1.5", "192.0.2", "https://origin.test", "münchen.test", "[::1"],
)  # fmt: skip
def test_nothing_else_is_an_origin(text):
    with pytest.raises(ValueError, match="is not an origin such as"):
        parse_origin(text)
