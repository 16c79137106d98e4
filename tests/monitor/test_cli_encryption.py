"""An encryption for a person: every fact in words, and a check that is held against the grade."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from chains import NOW, make

from monitor.cli.facts import encryption
from monitor.cli.waterfall import Targets, within
from probes.encryption.chain import read_chain
from probes.encryption.findings import Seen, evidence, findings
from probes.encryption.grade import judge
from probes.encryption.hello import TLS10, TLS11, TLS12, TLS13
from probes.encryption.hsts import read_hsts
from probes.encryption.look import Shown
from probes.encryption.plain import Plain
from probes.encryption.roots import Roots
from probes.encryption.staple import Staple
from probes.encryption.survey import Survey
from probes.sample import Attempt, Clock, Outcome, Sample

TARGETS = Targets(ttfb=0.3)
ROOT = make("Root", authority=True)
LEAF = make("site.test", ROOT)


def good() -> Seen:
    survey = Survey(
        versions={TLS10: False, TLS11: False, TLS12: True, TLS13: True},
        suites={TLS12: 0xC02B, TLS13: 0x1301},
        group=0x11EC,
        classical_group=0x1D,
        weak={"broken": False, "rc4": False, "3des": False},
        static_rsa=False,
    )
    return Seen(
        "site.test",
        NOW,
        14,
        accepted=True,
        version="TLSv1.3",
        cipher="TLS_AES_128_GCM_SHA256",
        alpn="h2",
        survey=survey,
        shown=Shown((LEAF.der,), b"", "h2", "TLSv1.3", None),
        chain=read_chain([LEAF.der], Roots([ROOT.certificate])),
        staple=Staple(),
        hsts=read_hsts("max-age=31536000; includeSubDomains", "site.test"),
        plain=Plain("http://site.test/", 308, "https://site.test/", False, True, True),
        caa=[],
    )


def sample(seen: Seen, outcome: Outcome = Outcome.UP, days: float = 60) -> Sample:
    verdict = judge(findings(seen))
    facts = {"grade": verdict.grade, "reasons": list(verdict.reasons), **evidence(seen)}
    end = (NOW + timedelta(days=days)).isoformat()
    made = Sample("id", NOW, "v", "p", "https://site.test/", "here", "tls", Attempt.SCHEDULED, outcome)
    made.clock, made.evidence = Clock.KERNEL, {"tls": {"not_after": end}, "encryption": facts}
    return made


def said(seen: Seen) -> dict[str, str]:
    rows = list(encryption.facts(sample(seen)))
    return {name: words for name, words in rows if name} | {
        "reasons": "\n".join(words for name, words in rows if not name)
    }


def test_a_good_one() -> None:
    assert said(good()) == {
        "grade": "A+, financial grade",
        "reasons": "",
        "versions": "TLS 1.2, TLS 1.3 accepted; TLS 1.0, TLS 1.1 refused",
        "key exchange": "X25519MLKEM768, post-quantum; without it X25519",
        "chain": "1 sent, complete, trusted, first ends in 60 days, EC secp256r1, ECDSA_WITH_SHA256",
        "OCSP staple": "none",
        "ALPN": "h2 where HTTP/2 comes first, h2 where HTTP/1.1 does: the server's order",
        "HSTS": "365 days, includeSubDomains",
        "http://": "308 to https://site.test/",
        "CAA": "none: every authority may issue",
    }


def test_of_what_was_not_seen_nothing_is_claimed() -> None:
    words = said(Seen("site.test", datetime.now(UTC), 14, plain=Plain(detail="no answer")))
    assert words["grade"].startswith("none")
    assert words["versions"] == "TLS 1.0, TLS 1.1, TLS 1.2, TLS 1.3 not known"
    assert words["key exchange"] == "not known which group"
    assert words["ALPN"] == "none where HTTP/2 comes first, none where HTTP/1.1 does"
    assert (words["HSTS"], words["CAA"]) == ("not known", "not known")
    assert words["http://"] == "not known: no answer"
    assert {"chain", "OCSP staple", "weak ciphers"}.isdisjoint(words)
    assert said(Seen("site.test", NOW, 14))["http://"] == "not known"


def test_what_is_wrong_is_named() -> None:
    seen = good()
    stranger = make("evil\x1b[2Jname", days=-3)
    seen.chain = read_chain([stranger.der], Roots([]))
    assert seen.chain is not None
    seen.chain = replace(seen.chain, ordered=False)
    seen.accepted = False
    seen.survey.weak["rc4"], seen.survey.weak_suites = True, [5]
    words = said(seen)
    assert words["grade"] == "F, not financial grade (A or better)"
    assert "\x1b" not in "".join(words.values())
    assert "F: the certificate is not accepted" in words["reasons"]
    assert words["weak ciphers"] == "TLS_RSA_WITH_RC4_128_SHA"
    for part in ("complete, not trusted, self-signed, out of order, for another host", "ended 3 days ago"):
        assert part in words["chain"]


@pytest.mark.parametrize(
    ("staple", "words"),
    [
        (Staple(True, "good", True, True), "good, fresh"),
        (Staple(True, "good", False, False), "good, not fresh, not signed by the issuer"),
        (Staple(True, detail="odd"), "of no use: odd"),
    ],
)
def test_staples(staple: Staple, words: str) -> None:
    seen = good()
    seen.staple = staple
    assert said(seen)["OCSP staple"] == words


@pytest.mark.parametrize(
    ("change", "name", "words"),
    [
        ({"hsts": read_hsts(None, "site.test")}, "HSTS", "none"),
        ({"hsts": read_hsts("x", "site.test")}, "HSTS", "a header that browsers do not heed"),
        ({"plain": Plain(closed=True)}, "http://", "nobody answers there"),
        ({"plain": Plain(status=200, https=False)}, "http://", "200, no redirect"),
        (
            {
                "caa": [
                    {"name": "a.test", "tag": "issue", "value": v, "critical": False} for v in ("", *"abc")
                ]
            },
            "CAA",
            "issue (nobody), issue a, issue b and 1 more (at a.test)",
        ),
    ],
)
def test_what_goes_with_it(change: dict[str, Any], name: str, words: str) -> None:
    assert said(replace(good(), **change))[name] == words


def test_key_exchange_of_older_servers() -> None:
    seen = good()
    seen.survey.group = seen.survey.classical_group = 0x1D
    assert said(seen)["key exchange"] == "X25519, not post-quantum"
    seen.survey.group, seen.survey.versions[TLS13] = None, False
    assert said(seen)["key exchange"] == "no TLS 1.3"


def test_a_check_is_held_against_the_grade() -> None:
    assert within(sample(good()), TARGETS)
    assert within(sample(replace(good(), hsts=None)), TARGETS)  # A
    assert not within(sample(replace(good(), expiry_days=90)), TARGETS)  # B
    assert not within(sample(Seen("site.test", NOW, 14)), TARGETS)  # no grade
    assert not within(sample(good(), Outcome.DOWN), TARGETS)
    assert not within(sample(good(), days=14), TARGETS)


def test_other_samples_say_nothing_of_it() -> None:
    other = sample(good())
    other.evidence = {}
    assert list(encryption.facts(other)) == []
    assert not within(other, TARGETS)
