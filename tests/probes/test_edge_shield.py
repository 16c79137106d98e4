from __future__ import annotations

from typing import Any

import pytest
from edges import headers_of

from probes.edge.networks import atlas
from probes.edge.recognise import recognise
from probes.edge.shield import shield_evidence
from probes.shields import Signature, signatures


def told(head: str, *cnames: str, address: str | None = None, challenge: Signature | None = None) -> Any:
    return shield_evidence(recognise(headers_of(head), cnames, address), challenge)


def signature(shield: str) -> Signature:
    return next(one for one in signatures() if one.shield == shield)


def test_an_address_of_a_shielding_network_is_a_strong_sign() -> None:
    assert told("Server: nginx", address="104.16.132.229") == {
        "confidence": "strong",
        "network": "Cloudflare",
        "reasons": ["the address is one of Cloudflare's"],
    }


def test_header_and_alias_together_are_a_strong_sign_and_one_alone_a_weak_one() -> None:
    both = told("Server: Vercel", "cname.vercel-dns.com")
    assert (both["confidence"], both["network"], len(both["reasons"])) == ("strong", "Vercel", 2)
    assert told("Server: Vercel")["confidence"] == "weak"
    assert told("Server: nginx", "cname.vercel-dns.com")["confidence"] == "weak"


def test_a_header_of_one_network_and_an_alias_of_another_are_not_taken_together() -> None:
    assert told("Server: cloudflare", "cname.vercel-dns.com")["confidence"] == "weak"


def test_a_network_that_sells_protection_apart_is_no_sign() -> None:
    head = "Server: BunnyCDN-DE1-863\nCDN-PullZone: 1"
    assert told(head, "shop.b-cdn.net") == {"confidence": "none", "network": None, "reasons": []}


def test_a_challenge_is_a_strong_sign_whatever_else_is_seen() -> None:
    seen = told("Server: nginx", challenge=signature("DataDome"))
    assert (seen["confidence"], seen["network"]) == ("strong", "DataDome")
    assert seen["reasons"] == ["the answer was a challenge or refusal of DataDome"]


def test_a_challenge_is_named_before_the_network_in_front() -> None:
    seen = told("Server: cloudflare", challenge=signature("DataDome"))
    assert (seen["confidence"], seen["network"]) == ("strong", "DataDome")
    assert seen["reasons"][1:] == ["the header server has 'cloudflare'"]


@pytest.mark.parametrize(
    "header", ["RateLimit: limit=100", "RateLimit-Policy: 1", "X-RateLimit-Limit: 5", "Retry-After: 3"]
)
def test_limits_of_requests_are_weak_signs_of_nobody(header: str) -> None:
    name = header.partition(":")[0].lower()
    assert told(header) == {"confidence": "weak", "network": None, "reasons": [f"the header {name}"]}


def test_a_plain_refusal_for_too_many_requests_is_no_shields() -> None:
    seen = told("Server: nginx", challenge=signature("the server"))
    assert seen == {"confidence": "weak", "network": None, "reasons": ["the answer was a rate limit (429)"]}


def test_shields_have_one_name_in_both_tables() -> None:
    """A name that differed would be two shields in every table."""
    known = {name.partition(" ")[0].lower() for name in atlas().by_name}
    for one in signatures():
        if one.shield.partition(" ")[0].lower() in known:
            assert one.shield in atlas().by_name
