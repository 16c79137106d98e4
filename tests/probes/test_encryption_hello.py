"""Hellos and their answers as bytes, held against two builds of OpenSSL that share no code with ours."""

from __future__ import annotations

import ssl
import struct

import pytest
from authority import Authority
from hypothesis import given
from hypothesis import strategies as st
from opensslserver import VERSIONS, answer, context

from probes.encryption.hello import (
    MOST_BYTES,
    TLS10,
    TLS11,
    TLS12,
    TLS13,
    Alert,
    Malformed,
    Offer,
    ServerHello,
    decode,
    encode,
)
from probes.encryption.suites import (
    CLASSICAL_GROUPS,
    HYBRID_GROUPS,
    MODERN,
    ORDINARY,
    WEAK,
    group_name,
    suite_name,
)

CURVES = tuple(CLASSICAL_GROUPS)
NUMBERS = {"TLSv1.0": TLS10, "TLSv1.1": TLS11, "TLSv1.2": TLS12, "TLSv1.3": TLS13}
RANDOM = bytes(range(64))


def offer(version: str) -> Offer:
    return Offer(NUMBERS[version], MODERN if version == "TLSv1.3" else ORDINARY, CURVES)


def record(message: bytes, kind: int = 22) -> bytes:
    return struct.pack("!BHH", kind, TLS12, len(message)) + message


def hello(version: int = TLS12, suite: int = 0xC02F, session: bytes = b"", extensions: bytes = b"") -> bytes:
    body = struct.pack("!H", min(version, TLS12)) + bytes(32) + bytes([len(session)]) + session
    body += struct.pack("!HB", suite, 0)
    if version == TLS13:
        extensions += struct.pack("!HHH", 43, 2, TLS13)
    if extensions:
        body += struct.pack("!H", len(extensions)) + extensions
    return b"\x02" + len(body).to_bytes(3) + body


@pytest.mark.parametrize("spoken", VERSIONS)
@pytest.mark.parametrize("offered", VERSIONS)
def test_a_server_of_one_version_takes_that_and_no_other(
    authority: Authority, spoken: str, offered: str
) -> None:
    server = context(authority.leaf("site.test"), spoken, spoken, ciphers="ALL")
    heard = decode(answer(server, encode(offer(offered), "site.test", RANDOM)))
    if spoken == offered or (spoken < offered != "TLSv1.3"):
        # Up to TLS 1.2 an offer means "or older": the answer says which.
        assert isinstance(heard, ServerHello)
        assert heard.version == NUMBERS[spoken]
        assert heard.suite in (MODERN if spoken == "TLSv1.3" else ORDINARY)
    else:
        assert isinstance(heard, Alert)


def test_pythons_own_server_understands_the_hello_too(authority: Authority) -> None:
    for version in ("TLSv1.2", "TLSv1.3"):
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        server = authority.leaf("site.test").context("h2").wrap_bio(incoming, outgoing, server_side=True)
        incoming.write(encode(offer(version), "site.test", RANDOM))
        with pytest.raises(ssl.SSLWantReadError):
            server.do_handshake()
        heard = decode(outgoing.read())
        assert isinstance(heard, ServerHello)
        assert heard.version == NUMBERS[version]


def test_the_group_is_the_one_that_the_server_picks(authority: Authority) -> None:
    server = context(authority.leaf("site.test"))
    everything = Offer(TLS13, MODERN, (*HYBRID_GROUPS, *CURVES))
    heard = decode(answer(server, encode(everything, "site.test", RANDOM)))
    assert isinstance(heard, ServerHello)
    assert group_name(heard.group or 0) == "X25519MLKEM768"
    for number in (0x001D, 0x0017, 0x0018):
        heard = decode(answer(server, encode(Offer(TLS13, MODERN, (number,)), "site.test", RANDOM)))
        assert isinstance(heard, ServerHello)
        assert (heard.version, heard.group) == (TLS13, number)


@pytest.mark.parametrize("cipher", ["AECDH-NULL-SHA", "ADH-AES128-SHA", "ECDHE-ECDSA-NULL-SHA"])
def test_a_broken_cipher_is_taken_by_a_server_that_has_it(authority: Authority, cipher: str) -> None:
    server = context(authority.leaf("site.test"), highest="TLSv1.2", ciphers=cipher)
    heard = decode(answer(server, encode(Offer(TLS12, WEAK["broken"], CURVES), "site.test", RANDOM)))
    assert isinstance(heard, ServerHello)
    assert heard.suite in WEAK["broken"]
    sound = context(authority.leaf("site.test"), highest="TLSv1.2")
    heard = decode(answer(sound, encode(Offer(TLS12, WEAK["broken"], CURVES), "site.test", RANDOM)))
    assert heard == Alert(40)


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1"])
def test_an_address_is_no_server_name(host: str) -> None:
    assert host.encode() not in encode(offer("TLSv1.3"), host, RANDOM)
    assert b"site.test" in encode(offer("TLSv1.3"), "site.test", RANDOM)


@given(st.integers(1, 60), st.integers(1, 60), st.text("abc.", min_size=1, max_size=200))
def test_no_hello_has_a_length_at_which_old_servers_hang(suites: int, groups: int, host: str) -> None:
    sent = encode(Offer(TLS12, tuple(range(suites)), tuple(range(groups))), host, RANDOM)
    assert int.from_bytes(sent[3:5]) == len(sent) - 5
    assert int.from_bytes(sent[6:9]) == len(sent) - 9
    assert not 255 < len(sent) - 5 < 512


def test_an_answer_in_pieces_is_waited_for() -> None:
    message = hello(TLS13, 0x1301, bytes(32), struct.pack("!HHH", 51, 2, 0x11EC))
    whole = record(message[:10]) + record(message[10:])
    for length in range(len(whole)):
        assert decode(whole[:length]) is None
    assert decode(whole) == ServerHello(TLS13, 0x1301, 0x11EC)
    assert decode(whole + b"whatever follows") == ServerHello(TLS13, 0x1301, 0x11EC)


def test_an_old_answer_needs_no_extensions() -> None:
    assert decode(record(hello(TLS10, 0x002F))) == ServerHello(TLS10, 0x002F, None)


def test_a_warning_comes_before_the_answer() -> None:
    unknown_name = record(b"\x01\x70", kind=21)
    assert decode(unknown_name) is None
    assert decode(unknown_name + record(hello())) == ServerHello(TLS12, 0xC02F, None)
    assert decode(record(b"\x01\x00", kind=21)) == Alert(0)
    assert decode(record(b"\x02\x46", kind=21)) == Alert(70)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 400 Bad Request\r\n",
        b"H",
        b"\x16\x02\x00\x00\x04aaaa",
        b"\x16\x03\x03\xff\xff",
        b"\x16\x03\x03\x00\x00",
        record(b"\x0b\x00\x00\x00"),
        record(b"\x02", kind=21),
        record(bytes(16), kind=23),
        record(b"\x02\xff\xff\xff"),
        record(b"\x02\x00\x00\x02\x03\x03"),
        record(hello(extensions=b"\x00\x33\x00\x09\x00")),
    ],
    ids=[
        "http",
        "letter",
        "version",
        "long",
        "empty",
        "other",
        "alert",
        "data",
        "huge",
        "short",
        "extension",
    ],
)
def test_what_is_no_answer_is_said_to_be_none(answer: bytes) -> None:
    with pytest.raises(Malformed):
        decode(answer)


def test_what_never_ends_is_cut_off() -> None:
    endless = record(b"\x01\x70", kind=21) * (MOST_BYTES // 7 + 1)
    with pytest.raises(Malformed, match="no ServerHello"):
        decode(endless)
    with pytest.raises(Malformed, match="ServerHello of"):
        decode(record(b"\x02\x01\x00\x00"))


@given(st.binary(max_size=300))
def test_no_bytes_make_the_reader_stumble(data: bytes) -> None:
    for said in (data, record(data) if data else b"", record(b"\x02" + len(data).to_bytes(3) + data)):
        try:
            heard = decode(said)
        except Malformed:
            continue
        assert heard is None or isinstance(heard, ServerHello | Alert)


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.binary(max_size=32), st.integers(0, 200))
def test_an_answer_is_read_as_it_was_written(suite: int, group: int, session: bytes, cut: int) -> None:
    share = struct.pack("!HHHHHH", 0xFF01, 0, 51, 4, group, 7)
    whole = record(hello(TLS13, suite, session, share))
    assert decode(whole) == ServerHello(TLS13, suite, group)
    assert decode(whole[: min(cut, len(whole) - 1)]) is None


def test_a_number_without_a_name_is_shown_as_it_is() -> None:
    assert suite_name(0xC02F) == "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
    assert (suite_name(0x1399), group_name(0x6399)) == ("0x1399", "0x6399")
    assert (group_name(0x11EC), group_name(0x1D)) == ("X25519MLKEM768", "X25519")
