import copy
from datetime import UTC, datetime

from monitor.cli.facts.all import facts as all_facts
from monitor.cli.facts.http3 import facts
from probes.sample import Attempt, Outcome, Sample

ALTERNATIVE = {"protocol": "h3", "host": None, "port": 443, "ma": 86_400, "persist": False}
RECORD = {
    "priority": 1, "target": "www.shop.test", "alpn": ["h3", "h2"], "no_default_alpn": False, "port": None,
    "ipv4hint": [], "ipv6hint": [], "ech": False, "usable": True,
}  # fmt: skip
FOUND = {
    "url": "https://shop.test/", "advertised": True, "alt_svc": [ALTERNATIVE], "cleared": False,
    "malformed": 0, "advertised_dns": True, "records": [RECORD], "records_detail": None,
    "endpoint": "shop.test:443", "works": True, "broken": False, "version": "1", "alpn": "h3", "retry": False,
    "zero_rtt": None, "validated": "handshake", "ttfb": {"h1": None, "h2": 0.12, "h3": 0.1}, "gain": 0.02,
    "tcp": {"detail": None},
}  # fmt: skip


def words(**found):
    at = datetime(2025, 6, 1, tzinfo=UTC)
    evidence = {"http3": copy.deepcopy(FOUND) | found}
    sample = Sample(
        "id", at, "shop", "/", "https://shop.test/", "here", "http3", Attempt.SCHEDULED, Outcome.UP,
        evidence=evidence,
    )  # fmt: skip
    assert set(facts(sample)) <= set(all_facts(sample))
    return dict(facts(sample))


def test_a_sample_of_another_kind_has_none():
    sample = Sample(
        "id",
        datetime(2025, 6, 1, tzinfo=UTC),
        "shop",
        "/",
        "u",
        "here",
        "http",
        Attempt.SCHEDULED,
        Outcome.UP,
    )
    assert list(facts(sample)) == []


def test_each_fact_has_a_line_of_its_own():
    assert words() == {
        "advertised": "yes: Alt-Svc has h3 at :443 for 86400 s",
        "in DNS": "yes: www.shop.test speaks h3, h2",
        "works": "yes: it answered at shop.test:443",
        "broken": "no",
        "QUIC": "version 1, h3",
        "compared": "TTFB over HTTP/2 120 ms, HTTP/3 100 ms: HTTP/3 is 20.0 ms sooner",
    }


def test_a_promise_that_fails_says_so():
    said = words(works=False, broken=True, version=None, ttfb={"h1": None, "h2": None, "h3": None}, gain=None)
    assert said["works"] == "no: it was tried at shop.test:443"
    assert said["broken"].startswith("yes: it is advertised, and fails")
    assert said.keys().isdisjoint({"QUIC", "compared"})


def test_what_is_unknown_is_called_that():
    tcp = {"detail": "Connection refused\x1b[2J"}
    said = words(
        advertised=None, alt_svc=None, cleared=None, malformed=None, advertised_dns=None, records=None,
        records_detail="SERVFAIL", works=None, broken=None, tcp=tcp,
    )  # fmt: skip
    assert said["advertised"] == "unknown: over TCP there was no answer: Connection refused\ufffd[2J"
    assert said["in DNS"] == "unknown: SERVFAIL"
    assert said["works"].startswith("unknown")
    assert said["broken"].startswith("unknown")


def test_what_was_said_instead_is_shown():
    assert words(advertised=False, alt_svc=[], cleared=True)["advertised"].startswith(
        "no: Alt-Svc takes every"
    )
    draft = ALTERNATIVE | {"protocol": "h3-29", "host": "2001:db8::1"}
    assert words(advertised=False, alt_svc=[draft], malformed=2)["advertised"] == (
        "no: Alt-Svc has h3-29 at [2001:db8::1]:443 for 86400 s, and 2 malformed"
    )
    assert words(advertised=False, alt_svc=[])["advertised"] == "no: Alt-Svc has nothing"
    assert words(advertised_dns=False, records=[])["in DNS"] == "no: there is no HTTPS record"
    alias = RECORD | {"priority": 0, "target": ""}
    other = RECORD | {"port": 8443, "alpn": []}
    assert words(advertised_dns=False, records=[alias, other])["in DNS"] == (
        "no: alias of nothing; www.shop.test:8443 speaks no protocol that it names"
    )


def test_where_it_was_looked_for_and_what_quic_was():
    said = words(url="https://www.shop.test/a", retry=True, zero_rtt=True, gain=-0.002)
    assert said["HTTP/3"] == "looked for at https://www.shop.test/a, where redirects lead"
    assert said["QUIC"].endswith("our address was validated by a Retry; tickets allow early data")
    assert said["compared"].endswith("HTTP/3 is 2.0 ms later")
    assert words(zero_rtt=False)["QUIC"].endswith("tickets allow no early data")
    assert "compared" not in words(ttfb={"h1": None, "h2": None, "h3": 0.1}, gain=None)
