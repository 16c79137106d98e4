"""TLS at the edges: connections that break, certificates with little in them, files that cannot be used."""

import asyncio
import contextlib
import datetime
import socket
import ssl
import struct

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.bindings.openssl.binding import Binding
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from OpenSSL import SSL
from scripted import answering, head, response, serve

from probes.sample import Fault, Outcome
from probes.visit.certificate import _certificate
from probes.wire.tls import client, context, outgoing
from probes.wire.trust import Trust


async def test_a_connection_reset_in_the_middle_of_the_handshake(visit):
    async def reset(reader, writer):
        await reader.read(1)
        writer.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )
        writer.transport.abort()

    async with serve(reset, speaks="https") as server:
        sample = await visit(server.url())
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.TLS)
    assert "in the middle of the handshake" in sample.detail
    assert sample.hops[0].connect is not None
    assert sample.hops[0].tls is None


async def test_a_close_that_is_said_ends_the_body(visit, authority):
    async def script(reader, writer):
        await head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nall of it")

    leaf = authority.leaf("127.0.0.1")
    async with serve(script, tls=leaf.context("http/1.1")) as server:
        sample = await visit(server.url(), ca=str(authority.ca_file), expect={"body": "all of it"})
    assert (sample.outcome, sample.bytes) == (Outcome.UP, 9)


@pytest.mark.parametrize("cipher", ["AES128-SHA", "AES256-GCM-SHA384", "ECDHE-RSA-AES128-SHA"])
async def test_a_server_with_ciphers_that_only_browsers_still_take_is_not_down(visit, authority, cipher):
    leaf = authority.leaf("127.0.0.1", key_type=trustme.KeyType.RSA)
    context = leaf.context("http/1.1")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(cipher)
    async with serve(answering(response()), tls=context) as server:
        sample = await visit(server.url(), ca=str(authority.ca_file))
    assert (sample.outcome, sample.evidence["tls"]["cipher"]) == (Outcome.UP, cipher)


async def test_http2_that_is_asked_for_and_not_spoken(visit, authority):
    leaf = authority.leaf("127.0.0.1")
    async with serve(answering(response()), tls=leaf.context("http/1.1")) as server:
        sample = await visit(server.url(), ca=str(authority.ca_file), protocol="h2")
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.PROTOCOL)
    assert sample.detail == "HTTP/2 is asked for, and the server chose nothing"


async def test_a_body_larger_than_the_sockets_buffers_is_sent_whole(visit, authority):
    received = []

    async def slow_reader(reader, writer):
        await head(reader)
        await asyncio.sleep(0.05)
        received.append(len(await reader.readexactly(4_000_000)))
        writer.write(response())

    leaf = authority.leaf("127.0.0.1")
    async with serve(slow_reader, tls=leaf.context("http/1.1")) as server:
        sample = await visit(server.url(), ca=str(authority.ca_file), method="POST", body="x" * 4_000_000)
    assert sample.outcome is Outcome.UP, sample.detail
    assert received == [4_000_000]


async def test_a_file_of_roots_that_holds_none_is_our_own_fault(visit, tmp_path):
    empty = tmp_path / "ca.pem"
    empty.write_text("no certificate")
    sample = await visit("https://127.0.0.1:9/", ca=str(empty))
    assert (sample.outcome, sample.fault) == (Outcome.UNKNOWN, Fault.INTERNAL)
    assert str(empty) in sample.detail


def test_a_certificate_without_names_says_who_it_is_in_full():
    made = _self_signed(ec.generate_private_key(ec.SECP256R1()))
    facts = _certificate(made.public_bytes(serialization.Encoding.DER))
    assert (facts["subject"], facts["names"]) == ("O=Shop", [])


def _self_signed(key):
    subject = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Shop")])
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )


def test_a_certificate_that_cannot_be_read_is_said_to_be():
    assert "unreadable" in _certificate(b"no certificate")


def test_one_context_serves_all_that_trust_and_speak_the_same():
    first = context(Trust(), ("h2", "http/1.1"))
    assert first is context(Trust(), ("h2", "http/1.1"))
    assert first is not context(Trust(), ("http/1.1",))


@pytest.mark.parametrize(
    ("offered", "group"),
    [(None, "x25519"), (b"P-256", "secp256r1"), (b"P-384", "secp384r1"), (b"P-521", "secp521r1")],
)
async def test_one_key_is_made_for_the_exchange_and_others_where_a_server_asks(authority, offered, group):
    """What OpenSSL would offer by itself costs a second, post-quantum one at each visit."""
    leaf = authority.leaf("127.0.0.1")
    server = SSL.Context(SSL.TLS_SERVER_METHOD)
    server.use_certificate_chain_file(leaf.certificate)
    server.use_privatekey_file(leaf.key)
    if offered is not None:
        Binding().lib.SSL_CTX_set1_curves_list(server._context, offered)
    near = client(context(Trust(ca=authority.ca_file), ("http/1.1",)), "127.0.0.1")
    far = SSL.Connection(server)
    far.set_accept_state()
    flights = 0
    for _ in range(3):
        for end, other in ((near, far), (far, near)):
            with contextlib.suppress(SSL.WantReadError):
                end.do_handshake()
            if flight := outgoing(end):
                flights += end is near
                other.bio_write(flight)
    assert near.get_group_name() == group
    assert flights == (2 if offered is None else 3)  # a hello, a second one where another key is asked for


async def test_a_server_is_told_no_address_and_no_dot_at_the_end(authority):
    told = []
    for host in ("127.0.0.1", "::1", "site.test", "site.test."):
        hello = client(context(Trust(), ("h2",)), host)
        with pytest.raises(SSL.WantReadError):
            hello.do_handshake()
        told.append((b"site.test" in (said := outgoing(hello)), b"site.test." in said, host.encode() in said))
    assert told == [(False, False, False), (False, False, False), (True, False, True), (True, False, False)]


async def test_our_own_certificate_that_is_too_weak_to_be_shown(visit, authority, tmp_path):
    key = rsa.generate_private_key(65537, 1024)
    made = _self_signed(key)
    files = tmp_path / "weak.pem", tmp_path / "weak.key"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    mine = {"certificate": str(files[0]), "key": str(files[1])}
    sample = await visit("https://127.0.0.1:9/", client_certificate=mine)
    assert (sample.outcome, sample.fault) == (Outcome.UNKNOWN, Fault.INTERNAL)
    assert str(files[0]) in sample.detail
    assert "too small" in sample.detail
