"""How a page is encrypted, and the grade for it with its reasons, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from monitor.cli.printable import printable
from probes.encryption.grades import FINANCIAL, is_financial
from probes.sample import Sample

_SHOWN = 3
_COMPLETE = {True: "complete", False: "incomplete", None: "perhaps incomplete"}


def facts(sample: Sample) -> Iterator[tuple[str, str]]:
    """The grade, each of its reasons, and what the server agreed to and showed."""
    seen = sample.evidence.get("encryption")
    if seen is None:
        return
    yield "grade", _grade(seen["grade"])
    for reason in seen["reasons"]:
        yield "", printable(reason)
    yield "versions", _versions(seen["versions"])
    yield "key exchange", _group(seen)
    if seen["weak_ciphers"]:
        yield "weak ciphers", printable(", ".join(seen["weak_ciphers"]))
    if seen["chain"] is not None:
        yield "chain", printable(_chain(seen["chain"], host_match=seen["host_match"]))
    if seen["ocsp"] is not None:
        yield "OCSP staple", printable(_staple(seen["ocsp"]))
    yield "ALPN", _alpn(seen["alpn_order"])
    yield "HSTS", _hsts(seen["hsts"])
    yield "http://", printable(_plain(seen["redirect"]))
    yield "CAA", printable(_caa(seen["caa"]))


def _grade(grade: str | None) -> str:
    if grade is None:
        return "none: what is not known could make it worse"
    if is_financial(grade):
        return f"{grade}, financial grade"
    return f"{grade}, not financial grade ({FINANCIAL} or better)"


def _versions(versions: dict[str, bool | None]) -> str:
    states = {"accepted": True, "refused": False, "not known": None}
    parts = []
    for words, state in states.items():
        names = [name.replace("v", " ") for name, accepted in versions.items() if accepted is state]
        if names:
            parts.append(f"{', '.join(names)} {words}")
    return "; ".join(parts)


def _group(seen: dict[str, Any]) -> str:
    if seen["group"] is None:
        return "not known which group" if seen["versions"]["TLSv1.3"] is not False else "no TLS 1.3"
    words = f"{seen['group']}, {'post-quantum' if seen['post_quantum'] else 'not post-quantum'}"
    classical = seen["classical_group"]
    return words if classical in (None, seen["group"]) else f"{words}; without it {classical}"


def _chain(chain: dict[str, Any], *, host_match: bool) -> str:
    parts = [f"{len(chain['sent'])} sent", _COMPLETE[chain["complete"]]]
    parts.append("trusted" if chain["trusted"] else "not trusted")
    if chain["self_signed"]:
        parts.append("self-signed")
    if not chain["ordered"]:
        parts.append("out of order")
    if not host_match:
        parts.append("for another host")
    days = chain["expiry_days"]
    parts.append(f"first ends in {days:.0f} days" if days >= 0 else f"first ended {-days:.0f} days ago")
    return ", ".join([*parts, chain["key"], chain["signature"]])


def _staple(staple: dict[str, Any]) -> str:
    if not staple["present"]:
        return "none, and the certificate asks for one" if staple["must_staple"] else "none"
    if staple["status"] is None:
        return f"of no use: {staple['detail']}"
    parts = [staple["status"], "fresh" if staple["fresh"] else "not fresh"]
    return ", ".join(parts if staple["genuine"] is not False else [*parts, "not signed by the issuer"])


def _alpn(order: dict[str, Any]) -> str:
    first, second = order["h2_first"] or "none", order["h1_first"] or "none"
    words = f"{first} where HTTP/2 comes first, {second} where HTTP/1.1 does"
    return f"{words}: the {order['chosen_by']}'s order" if order["chosen_by"] else words


def _hsts(hsts: dict[str, Any] | None) -> str:
    if hsts is None:
        return "not known"
    if not hsts["present"]:
        return "none"
    if hsts["max_age"] is None:
        return "a header that browsers do not heed"
    parts = [f"{hsts['max_age'] / 86_400:g} days"]
    parts += ["includeSubDomains"] * hsts["include_subdomains"] + ["preload"] * hsts["preload"]
    return ", ".join(parts)


def _plain(plain: dict[str, Any]) -> str:
    if plain["closed"]:
        return "nobody answers there"
    if plain["status"] is None:
        return f"not known: {plain['detail']}" if plain["detail"] else "not known"
    return f"{plain['status']}" + (f" to {plain['location']}" if plain["location"] else ", no redirect")


def _caa(records: list[dict[str, Any]] | None) -> str:
    if records is None:
        return "not known"
    if not records:
        return "none: every authority may issue"
    shown = ", ".join(f"{each['tag']} {each['value'] or '(nobody)'}" for each in records[:_SHOWN])
    more = f" and {len(records) - _SHOWN} more" if len(records) > _SHOWN else ""
    return f"{shown}{more} (at {records[0]['name']})"
