"""What is concluded from a server's answers, held against models of servers, and against real ones."""

from __future__ import annotations

import asyncio
import socket
import struct

import pytest
from authority import Authority
from hypothesis import given
from hypothesis import strategies as st
from opensslserver import context, speaking
from scripted import Script, refused_port, serve, silent

from probes.encryption.ask import Refused, Reply, Server, Unanswered, ask
from probes.encryption.hello import TLS10, TLS11, TLS12, TLS13, Offer, ServerHello
from probes.encryption.suites import (
    CLASSICAL_GROUPS,
    FORWARD_SECRET,
    HYBRID_GROUPS,
    MODERN,
    ORDINARY,
    STATIC_RSA,
    WEAK,
)
from probes.encryption.survey import VERSIONS, Survey, survey
from probes.wire.addresses import Address

MOST = 9
OLD = (TLS10, TLS11, TLS12)
ANY = Offer(TLS12, ORDINARY, tuple(CLASSICAL_GROUPS))


class Model:
    """A server that accepts some versions, suites and groups, and picks by its own order."""

    def __init__(self, versions: set[int], suites: list[int], groups: list[int]) -> None:
        self.versions, self.suites, self.groups = versions, suites, groups
        self.asked = 0

    async def ask(self, offer: Offer) -> Reply:
        self.asked += 1
        if offer.version == TLS13:
            shared = [group for group in self.groups if group in offer.groups]
            if TLS13 in self.versions and shared:
                return ServerHello(TLS13, MODERN[0], shared[0])
            return Refused("alert 70", sure=True)
        spoken = [version for version in self.versions if version <= offer.version]
        shared = [suite for suite in self.suites if suite in offer.suites]
        if spoken and shared:
            return ServerHello(max(spoken), shared[0], None)
        return Refused("alert 40", sure=True)


SUITES = [*FORWARD_SECRET[:3], *STATIC_RSA[:2], *(suite for kind in WEAK.values() for suite in kind[:2])]


@given(
    st.sets(st.sampled_from([TLS10, TLS11, TLS12, TLS13])),
    st.lists(st.sampled_from(SUITES), unique=True),
    st.lists(st.sampled_from([*HYBRID_GROUPS, *CLASSICAL_GROUPS]), unique=True, min_size=1),
)
def test_what_is_found_is_what_the_server_does(
    versions: set[int], suites: list[int], groups: list[int]
) -> None:
    server, found = Model(versions, suites, groups), Survey()
    asyncio.run(survey(server.ask, found))
    assert server.asked <= MOST
    speaks_old = not versions.isdisjoint(OLD)
    for version in OLD:
        if found.weak["broken"]:
            assert version in versions or not found.versions[version]
        else:
            assert found.versions[version] is (version in versions and not set(suites).isdisjoint(ORDINARY))
    assert found.versions[TLS13] is (TLS13 in versions)
    if TLS13 in versions:
        assert found.group == groups[0]
        classical = [group for group in groups if group in CLASSICAL_GROUPS]
        assert found.classical_group == (classical[0] if classical else None)
        assert found.post_quantum is (groups[0] in HYBRID_GROUPS)
    accepted = {kind: speaks_old and not set(suites).isdisjoint(WEAK[kind]) for kind in WEAK}
    for kind, verdict in found.weak.items():
        assert verdict in (accepted[kind], None)
    worst = next((kind for kind in WEAK if accepted[kind]), None)
    if worst is not None:
        assert found.weak[worst] is True
        assert all(found.weak[kind] is False for kind in list(WEAK)[: list(WEAK).index(worst)])
    if found.static_rsa:
        assert speaks_old
        assert not set(suites).isdisjoint(STATIC_RSA)


async def test_forward_secrecy_is_what_clients_of_today_get() -> None:
    for suites, wanted in (([FORWARD_SECRET[0], STATIC_RSA[0]], True), ([STATIC_RSA[0]], False)):
        found = Survey()
        await survey(Model({TLS12, TLS13}, suites, [0x1D]).ask, found)
        assert found.forward_secrecy is wanted
        assert found.static_rsa is True
    only_new, nothing = Survey(), Survey()
    await survey(Model({TLS13}, [], [0x1D]).ask, only_new)
    assert (only_new.forward_secrecy, only_new.static_rsa) == (True, False)
    assert nothing.forward_secrecy is None
    assert nothing.post_quantum is None


async def test_the_best_of_servers_is_asked_six_times_and_the_worst_nine() -> None:
    best = Model({TLS12, TLS13}, [FORWARD_SECRET[0]], [0x1D])
    everything = [*WEAK["3des"], *WEAK["rc4"], *WEAK["broken"], *FORWARD_SECRET]
    worst = Model({*OLD, TLS13}, everything, [0x11EC, 0x1D])
    for server, times in ((best, 6), (worst, MOST)):
        await survey(server.ask, Survey())
        assert server.asked == times


async def test_silence_is_not_taken_for_a_refusal() -> None:
    async def nothing(offer: Offer) -> Reply:
        return Unanswered("no answer")

    found = Survey()
    await survey(nothing, found)
    assert set(found.versions.values()) == {None}
    assert set(found.weak.values()) == {None}
    assert found.static_rsa is None
    assert found.why["TLSv1.2"] == "no answer"


async def test_a_close_without_a_word_is_a_refusal_only_while_the_server_answers_others() -> None:
    async def closing(offer: Offer) -> Reply:
        return Refused("the connection was closed", sure=False)

    found = Survey()
    await survey(closing, found)
    assert set(found.versions.values()) == {False}
    found.doubt()
    assert set(found.versions.values()) == {None}
    assert set(found.weak.values()) == {None}
    assert found.static_rsa is None


async def test_a_cipher_that_was_not_offered_proves_nothing() -> None:
    async def liar(offer: Offer) -> Reply:
        return ServerHello(offer.version, 0x1399, None)

    found = Survey()
    await survey(liar, found)
    assert set(found.versions.values()) == {None}
    assert set(found.weak.values()) == {None}
    assert found.static_rsa is None
    assert "0x1399" in found.why["TLSv1.3"]


async def ask_at(port: int, seconds: float = 20.0, offer: Offer = ANY) -> Reply:
    return await ask(Server(Address("127.0.0.1", socket.AF_INET), port, "site.test"), offer, seconds)


def saying(answer: bytes, *, reset: bool = False) -> Script:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)
        writer.write(answer)
        await writer.drain()
        if reset:
            writer.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
            writer.transport.abort()

    return script


@pytest.mark.parametrize(
    ("answer", "reply"),
    [
        (b"\x15\x03\x01\x00\x02\x02\x46", Refused("alert 70", sure=True)),
        (b"\x15\x03\x01\x00\x02\x02\x28", Refused("alert 40", sure=True)),
        (b"\x15\x03\x01\x00\x02\x02\x50", Refused("alert 80", sure=False)),
        (b"", Refused("the connection was closed", sure=False)),
        (b"\x16\x03\x03\x00\x40\x02", Unanswered("the answer was cut short")),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", Unanswered("no record of TLS")),
    ],
    ids=["version", "handshake", "internal", "close", "cut", "garbage"],
)
async def test_what_a_server_says_is_told_from_what_it_does_not(answer: bytes, reply: Reply) -> None:
    async with serve(saying(answer)) as server:
        assert await ask_at(server.port) == reply


async def test_a_reset_is_like_a_close() -> None:
    async with serve(saying(b"", reset=True)) as server:
        reply = await ask_at(server.port)
    assert isinstance(reply, Refused)
    assert (reply.sure, "reset" in reply.words) == (False, True)


async def test_a_silent_server_and_one_that_is_gone_say_nothing() -> None:
    async with serve(silent) as server:
        assert await ask_at(server.port, 0.2) == Unanswered("no answer within 0.2 s")
    assert isinstance(await ask_at(refused_port()), Unanswered)


async def test_a_real_server_with_old_versions_and_a_cipher_that_encrypts_nothing(
    authority: Authority,
) -> None:
    made = context(authority.leaf("site.test"), "TLSv1.0", "TLSv1.2", "ECDHE:AECDH-NULL-SHA")
    found = Survey()
    async with serve(speaking(made)) as server:
        await survey(lambda offer: ask_at(server.port, offer=offer), found)
    assert {VERSIONS[number]: verdict for number, verdict in found.versions.items()} == {
        "TLSv1.0": True,
        "TLSv1.1": True,
        "TLSv1.2": True,
        "TLSv1.3": False,
    }
    assert found.weak["broken"] is True
    assert found.static_rsa is False
    assert found.post_quantum is False
