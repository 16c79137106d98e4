"""From what was seen of a server to the findings that its grade is made of, and to evidence."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from probes.encryption.certificate import UNKNOWN_KEY, covers, key_name, must_staple
from probes.encryption.chain import Chain
from probes.encryption.grade import Finding
from probes.encryption.hello import TLS10, TLS11, TLS12, TLS13
from probes.encryption.hsts import Hsts
from probes.encryption.look import Shown
from probes.encryption.plain import Plain
from probes.encryption.staple import Staple
from probes.encryption.suites import group_name, suite_name
from probes.encryption.survey import VERSIONS, Survey

_REFUSED = "the certificate is not accepted"
"""How a refusal begins (probes/wire/tls.py), which is how the rule says it too."""


@dataclass(slots=True)
class Seen:
    """All that was seen of one page's encryption; ``None`` is not known."""

    host: str
    now: datetime
    expiry_days: float
    """A certificate with fewer days left ends soon."""
    accepted: bool | None = None
    """Whether a client that verifies took the certificate."""
    refusal: str | None = None
    """What such a client said otherwise."""
    version: str | None = None
    cipher: str | None = None
    alpn: str | None = None
    """The protocol chosen where HTTP/2 is offered first."""
    survey: Survey = field(default_factory=Survey)
    shown: Shown | None = None
    chain: Chain | None = None
    staple: Staple | None = None
    hsts: Hsts | None = None
    plain: Plain = field(default_factory=Plain)
    caa: list[dict[str, Any]] | None = None


def findings(seen: Seen) -> dict[str, Finding]:
    """What was found for each rule."""
    return _of_certificate(seen) | _of_server(seen.survey) | _of_web(seen)


def _of_certificate(seen: Seen) -> dict[str, Finding]:
    found = {"not_accepted": Finding(_not(seen.accepted), _problems(seen))}
    chain, staple = seen.chain, seen.staple
    if chain is None or staple is None:
        return found
    days = chain.days_left(seen.now)
    left = f"in {days:.1f} days, and {seen.expiry_days:g} are asked for"
    unmet = must_staple(chain.leaf) and not staple.good
    return found | {
        "small_key": _keys(chain),
        "weak_signature": _listed(chain.weak_signatures),
        "incomplete_chain": Finding(_not(chain.complete)),
        "expires_soon": Finding(days < seen.expiry_days, left if days < seen.expiry_days else None),
        "wrong_order": Finding(not chain.ordered),
        "revoked": Finding(staple.revoked),
        "no_staple": Finding(unmet, staple.detail if unmet else None),
    }


def _problems(seen: Seen) -> str | None:
    if seen.accepted:
        return None
    problems = seen.chain.problems(seen.host, seen.now) if seen.chain is not None else []
    return "; ".join(problems) or (seen.refusal or "").removeprefix(f"{_REFUSED}: ") or None


def _of_server(survey: Survey) -> dict[str, Finding]:
    versions = survey.versions
    modern = _any(versions[TLS13], versions[TLS12])
    weak = ", ".join(suite_name(suite) for suite in survey.weak_suites)
    chosen = survey.suites.get(TLS12)
    no_secrecy = _not(survey.forward_secrecy)
    return {
        "no_modern_version": _server(survey, _not(modern), "TLSv1.3", "TLSv1.2"),
        "no_tls13": _server(survey, _not(versions[TLS13]), "TLSv1.3"),
        "tls11": _server(survey, versions[TLS11], "TLSv1.1"),
        "tls10": _server(survey, versions[TLS10], "TLSv1.0"),
        "broken_cipher": _server(survey, survey.weak["broken"], "broken", detail=weak),
        "rc4": _server(survey, survey.weak["rc4"], "rc4", detail=weak),
        "triple_des": _server(survey, survey.weak["3des"], "3des", detail=weak),
        "static_rsa": _server(survey, survey.static_rsa, "static_rsa"),
        "no_forward_secrecy": _server(
            survey, no_secrecy, "TLSv1.2", detail=suite_name(chosen) if chosen and no_secrecy else ""
        ),
    }


def _of_web(seen: Seen) -> dict[str, Finding]:
    plain, hsts = seen.plain, seen.hsts
    where = plain.detail or (f"it leads to {plain.location}" if plain.location else None)
    if where is None and plain.status is not None:
        where = f"it answers with the status {plain.status}"
    found = {
        "in_clear": Finding(plain.in_clear, where if plain.in_clear is not False else None),
        "not_led": Finding(_not(plain.leads), where if plain.leads is False else None),
    }
    if hsts is not None:
        told = None
        if hsts.present:
            told = f"max-age is {hsts.max_age} s" if hsts.max_age is not None else "the header is not heeded"
        found["no_hsts"] = Finding(not hsts.long, None if hsts.long else told)
    return found


def _server(survey: Survey, broken: bool | None, *subjects: str, detail: str = "") -> Finding:
    """A finding with what was agreed to, or why it is not known."""
    if broken is None:
        detail = next((survey.why[each] for each in subjects if each in survey.why), "")
    return Finding(broken, (detail or None) if broken is not False else None)


def _keys(chain: Chain) -> Finding:
    """Small keys; of a key that cannot be read nobody knows how large it is."""
    unread = any(key_name(each) == UNKNOWN_KEY for each in chain.path)
    return Finding(None) if unread and not chain.small_keys else _listed(chain.small_keys)


def _listed(problems: list[str]) -> Finding:
    return Finding(bool(problems), ", ".join(problems) or None)


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value


def _any(*values: bool | None) -> bool | None:
    if any(values):
        return True
    return None if None in values else False


def evidence(seen: Seen) -> dict[str, Any]:
    """All that was seen, as evidence."""
    survey, chain, staple, hsts = seen.survey, seen.chain, seen.staple, seen.hsts
    return {
        "versions": {name: survey.versions[number] for number, name in VERSIONS.items()},
        "version": seen.version,
        "cipher": seen.cipher,
        "ciphers": {VERSIONS[version]: suite_name(suite) for version, suite in sorted(survey.suites.items())},
        "group": _group(survey.group),
        "classical_group": _group(survey.classical_group),
        "post_quantum": survey.post_quantum,
        "forward_secrecy": survey.forward_secrecy,
        "static_rsa": survey.static_rsa,
        "weak": dict(survey.weak),
        "weak_ciphers": [suite_name(suite) for suite in survey.weak_suites],
        "said": dict(survey.why),
        "alpn_order": _alpn_order(seen.alpn, seen.shown),
        "chain": chain.facts(seen.now) if chain is not None else None,
        "accepted": seen.accepted,
        "host_match": covers(chain.leaf, seen.host) if chain is not None else None,
        "ocsp": staple.facts(must_staple=must_staple(chain.leaf)) if staple and chain else None,
        "hsts": hsts.facts() if hsts is not None else None,
        "redirect": seen.plain.facts(),
        "caa": seen.caa,
    }


def _group(number: int | None) -> str | None:
    return group_name(number) if number is not None else None


def _alpn_order(alpn: str | None, shown: Shown | None) -> dict[str, Any]:
    """What is chosen when HTTP/2, and when HTTP/1.1 is offered first, and so by whose order."""
    other = shown.alpn if shown is not None else None
    by = None
    if alpn is not None and other is not None:
        by = "server" if alpn == other else "client" if (alpn, other) == ("h2", "http/1.1") else None
    return {"h2_first": alpn, "h1_first": other, "chosen_by": by}
