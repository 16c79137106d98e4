"""``origins``: whether a server behind the shield answers the page to a stranger."""

import pytest
from nameserver import nameserver, silent, zone
from rounding import Remembering, watching
from scripted import answering, full_backlog, redirect, refused_port, response, serve
from scripted import silent as hanging

from probes.sample import Fault, Outcome
from probes.trace import Trace
from probes.visit.alike import similarity
from probes.visit.beside import Look
from probes.visit.body import Body
from probes.visit.options import Expect
from probes.visit.origins import _is_exposed

NAME = "shop.test"
WORDS = [f"word{number}" for number in range(40)]
BODY = " ".join(WORDS).encode()
PAGE = response(BODY)


async def asked(origin, *, page=PAGE, **options):
    """What is found of an origin at 127.0.0.2 that answers by the script ``origin``, and the sample."""
    async with (
        serve(answering(page)) as edge,
        serve(origin, host="127.0.0.2") as behind,
        watching() as visit,
    ):
        sample = await visit(
            edge.url("/sale?a=1", host=NAME),
            resolve=[f"{NAME}:{edge.port}:127.0.0.1"],
            origins=[f"127.0.0.2:{behind.port}"],
            **options,
        )
    assert sample.outcome is Outcome.UP, sample.detail
    (found,) = sample.evidence["origins"]
    return found, edge, behind


async def test_an_origin_that_serves_the_page_is_exposed():
    script = Remembering(PAGE)
    found, edge, behind = await asked(script)
    assert (found["answers"], found["exposed"], found["similar"]) == (True, True, 1.0)
    assert (found["origin"], found["address"]) == (f"127.0.0.2:{behind.port}", "127.0.0.2")
    assert (found["outcome"], found["status"], found["certificate"]) == ("up", 200, None)
    # One GET for the page, by the page's name.
    assert script.lines == [b"GET /sale?a=1 HTTP/1.1"]
    assert behind.connections == 1
    assert f"host: {NAME}:{edge.port}".encode() in script.heads[0].lower()


async def test_an_origin_is_asked_as_a_stranger_would(monkeypatch):
    monkeypatch.setenv("SHOP_TOKEN", "secret")
    script = Remembering(PAGE)
    await asked(
        script,
        headers={"X-Origin-Verify": "let-me-in", "Authorization": "Basic x"},
        cookies={"who": "us"},
        auth={"bearer": {"env": "SHOP_TOKEN"}},
    )
    (head,) = script.heads
    for secret in (b"let-me-in", b"authorization", b"cookie", b"secret"):
        assert secret not in head.lower()


async def test_an_origin_is_asked_once_in_a_round():
    script = Remembering(PAGE)
    async with serve(answering(PAGE)) as edge, serve(script, host="127.0.0.2") as behind, watching() as visit:
        for now in (0.0, 100.0, 300.0):
            visit.now = now
            await visit(edge.url(), origins=[f"127.0.0.2:{behind.port}"])
    assert len(script.heads) == 2


async def test_an_origins_certificate_is_noted_and_not_verified(authority):
    good = authority.leaf(NAME).context("http/1.1")
    wrong = authority.self_signed("origin.test").context("http/1.1")
    names = []
    wrong.sni_callback = lambda _, name, __: names.append(name)
    async with (
        serve(answering(PAGE), tls=good) as edge,
        serve(answering(PAGE), tls=wrong, host="127.0.0.2", port=edge.port),
        watching() as visit,
    ):
        sample = await visit(
            edge.url(host=NAME),
            resolve=[f"{NAME}:{edge.port}:127.0.0.1"],
            ca=authority.ca_file,
            origins=["127.0.0.2"],
        )
    (found,) = sample.evidence["origins"]
    assert found["exposed"] is True
    assert (found["certificate"]["subject"], found["certificate"]["names"]) == (
        "origin.test",
        ["origin.test"],
    )
    assert found["certificate"]["not_after"] is not None
    assert names == [NAME]
    assert sample.evidence["tls"]["verified"] is True


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (response(BODY, status="403 Forbidden"), "status"),
        (response(BODY, status="503 Unavailable"), "status"),
        (redirect(f"https://{NAME}/sale"), "status"),
        (response(b"<title>Just a moment...</title>", "cf-mitigated: challenge", status="403 No"), "blocked"),
        (response(b"<title>Welcome to nginx!</title>"), None),
    ],
    ids=["forbidden", "broken", "redirect", "challenge", "another-page"],
)
async def test_an_origin_that_answers_something_else_is_not_exposed(answer, fault):
    found, _, behind = await asked(answering(answer))
    assert (found["answers"], found["exposed"], found["fault"]) == (True, False, fault)
    assert behind.connections == 1  # no redirect is followed


async def test_an_origin_whose_answer_is_half_the_page_is_not_judged():
    found, _, _ = await asked(answering(response(" ".join(WORDS[:28]).encode())))
    assert (found["answers"], found["exposed"], found["similar"]) == (True, None, 0.7)


async def test_the_text_that_is_expected_tells_the_page():
    other = response(b"Add to cart, made anew for everybody")
    page = response(BODY + b" Add to cart")
    found, _, _ = await asked(answering(other), page=page, expect={"body": "Add to cart"})
    assert (found["exposed"], found["similar"] < 0.5) == (True, True)
    found, _, _ = await asked(answering(other), page=page, expect={"body_regex": "Add to [cb]art"})
    assert found["exposed"] is True
    found, _, _ = await asked(answering(response(b"Nothing here")), page=page, expect={"body": "Add to cart"})
    assert (found["answers"], found["exposed"], found["fault"]) == (True, False, "content")


async def test_a_header_that_only_the_edge_sends_is_not_expected_of_an_origin():
    page = response(BODY, "X-Edge: yes")
    found, _, _ = await asked(answering(PAGE), page=page, expect={"headers": {"X-Edge": "yes"}})
    assert found["exposed"] is True


async def test_an_origin_that_hangs_up_is_not_exposed():
    async def hang_up(reader, writer):
        await reader.readuntil(b"\r\n\r\n")

    found, _, _ = await asked(hang_up)
    assert (found["answers"], found["exposed"], found["fault"]) == (False, False, "protocol")


async def test_an_origin_that_refuses_is_not_exposed():
    async with serve(answering(PAGE)) as edge, watching() as visit:
        sample = await visit(edge.url(), origins=[f"127.0.0.2:{refused_port('127.0.0.2')}"])
    (found,) = sample.evidence["origins"]
    assert (found["answers"], found["exposed"], found["fault"]) == (False, False, "connect")


async def test_an_origin_that_breaks_the_handshake_is_not_exposed(authority):
    async def no_tls(reader, writer):
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with (
        serve(answering(PAGE), tls=authority.leaf("127.0.0.1").context("http/1.1")) as edge,
        serve(no_tls, host="127.0.0.2", port=edge.port),
        watching() as visit,
    ):
        sample = await visit(edge.url(), ca=authority.ca_file, origins=["127.0.0.2"])
    (found,) = sample.evidence["origins"]
    assert (found["answers"], found["exposed"], found["fault"]) == (False, False, "tls")


async def test_an_origin_that_drops_every_attempt_is_not_exposed():
    async with serve(answering(PAGE)) as edge, watching() as visit:
        with full_backlog("127.0.0.2") as port:
            sample = await visit(edge.url(), timeout=4.0, origins=[f"127.0.0.2:{port}"])
    (found,) = sample.evidence["origins"]
    assert (found["answers"], found["exposed"], found["fault"]) == (False, False, "timeout")


async def test_an_origin_that_accepts_and_says_nothing_is_not_judged():
    found, _, _ = await asked(hanging, timeout=4.0)
    assert (found["answers"], found["exposed"], found["fault"]) == (None, None, "timeout")


async def test_an_origin_over_a_family_that_never_took_a_connection_is_not_judged():
    async with serve(answering(PAGE)) as edge, watching() as visit:
        sample = await visit(edge.url(), origins=[f"[::1]:{refused_port('::1')}"])
    (found,) = sample.evidence["origins"]
    assert (found["outcome"], found["answers"], found["exposed"]) == ("unknown", None, None)


async def test_an_origin_may_be_a_name():
    async with (
        nameserver(zone({"origin.test": ["127.0.0.2"]})) as names,
        serve(answering(PAGE)) as edge,
        serve(answering(PAGE), host="127.0.0.2", port=edge.port) as behind,
        watching() as visit,
    ):
        sample = await visit(edge.url(), nameservers=[names.address], origins=["origin.test", "gone.test"])
    known, gone = sample.evidence["origins"]
    assert (known["origin"], known["exposed"], known["address"]) == ("origin.test", True, "127.0.0.2")
    assert behind.connections == 1
    # Nobody was asked: that is no finding.
    assert (gone["origin"], gone["fault"], gone["answers"], gone["exposed"]) == (
        "gone.test", "dns", None, None,
    )  # fmt: skip
    assert "NXDOMAIN" in gone["detail"]


async def test_an_origins_name_that_nobody_resolves_says_nothing():
    async with nameserver(silent) as names, serve(answering(PAGE)) as edge, watching() as visit:
        sample = await visit(edge.url(), timeout=2.0, nameservers=[names.address], origins=["origin.test"])
    (found,) = sample.evidence["origins"]
    assert (found["outcome"], found["fault"], found["exposed"]) == ("unknown", "dns", None)


async def test_the_address_that_redirects_led_to_is_what_origins_are_asked_for():
    script = Remembering(PAGE)
    async with (
        serve(answering(PAGE)) as there,
        serve(answering(redirect(there.url("/land")))) as here,
        serve(script, host="127.0.0.2", port=there.port),
        watching() as visit,
    ):
        sample = await visit(here.url(), origins=["127.0.0.2"])
    assert sample.evidence["origins"][0]["exposed"] is True
    assert script.lines == [b"GET /land HTTP/1.1"]


def test_words_that_two_bodies_share_are_counted_once_each():
    def body(text):
        return Body(kept=bytearray(text))

    assert similarity(body(b"<b>a a b</b>"), body(b"b a")) == 1.0
    assert similarity(body(b"one two"), body(b"two three")) == pytest.approx(1 / 3)
    assert similarity(body("été".encode()), body("été".encode())) == 1.0
    assert similarity(body(b"one"), body(b"")) is None
    assert similarity(body(b"  ...  "), body(b"one")) is None
    assert similarity(None, body(b"one")) is None


@pytest.mark.parametrize(
    ("outcome", "fault", "similar", "exposed"),
    [
        (Outcome.UP, None, 0.9, True),
        (Outcome.UP, None, 0.89, None),
        (Outcome.UP, None, 0.5, None),
        (Outcome.UP, None, 0.49, False),
        (Outcome.UP, None, None, None),
        (Outcome.DOWN, Fault.CONTENT, 0.95, None),
        (Outcome.DOWN, Fault.CONTENT, 0.2, False),
        (Outcome.DOWN, Fault.STATUS, 1.0, False),
        (Outcome.UNKNOWN, Fault.TIMEOUT, None, None),
        (Outcome.UNKNOWN, Fault.CONNECT, None, None),
    ],
)
def test_only_what_is_certainly_the_page_is_exposed(outcome, fault, similar, exposed):
    look = Look(outcome, fault, None, Trace(0.0), None, None, None)
    assert _is_exposed(look, Expect(), similar) is exposed
