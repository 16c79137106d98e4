from __future__ import annotations

import pytest

from probes.progress import under_way
from probes.sample import Hop

URL = "https://a.test/"


@pytest.mark.parametrize(
    ("hop", "words"),
    [
        (Hop(URL), "looking up the name of"),
        (Hop("https://192.0.2.1/", address="192.0.2.1"), "connecting to"),
        (Hop(URL, dns=0.1), "connecting to"),
        (Hop(URL, dns=0.1, connect=0.1), "in the TLS handshake with"),
        (Hop("http://a.test/", dns=0.1, connect=0.1), "waiting for the response of"),
        (Hop(URL, dns=0.1, connect=0.1, tls=0.1), "waiting for the response of"),
        (Hop(URL, wait=0.1), "receiving the body of"),
        (Hop(URL, dns=0.1, connect=0.1, tls=0.1, wait=0.1, transfer=0.1), "after the response of"),
    ],
)
def test_names_what_follows_the_last_phase_that_ended(hop: Hop, words: str) -> None:
    assert under_way([Hop("https://before.test/", transfer=1.0), hop], URL) == f"{words} {hop.url}"


def test_a_connection_that_is_used_again_is_waited_on() -> None:
    before = Hop(
        "https://a.test/old", 301, "192.0.2.1", dns=0.1, connect=0.1, tls=0.1, wait=0.1, transfer=0.1
    )
    again, other = Hop("https://a.test/new", address="192.0.2.1"), Hop("https://b.test/", address="192.0.2.1")
    assert under_way([before, again], URL) == "waiting for the response of https://a.test/new"
    assert under_way([before, other], URL) == "connecting to https://b.test/"


def test_names_the_page_before_its_first_hop() -> None:
    assert under_way([], URL) == f"before the first look-up for {URL}"
