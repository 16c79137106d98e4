"""TLS at the edges: connections that break, certificates with little in them, files that cannot be used."""

import asyncio
import datetime
import socket
import ssl
import struct

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from scripted import answering, head, response, serve

from probes.sample import Fault, Outcome
from probes.visit.certificate import _certificate


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
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Shop")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    facts = _certificate(made.public_bytes(serialization.Encoding.DER))
    assert (facts["subject"], facts["names"]) == ("O=Shop", [])


def test_a_certificate_that_cannot_be_read_is_said_to_be():
    assert "unreadable" in _certificate(b"no certificate")


def test_the_roots_are_mozillas_and_one_context_serves_all():
    from probes.wire.tls import Trust, context

    first = context(Trust(), ("h2", "http/1.1"))
    assert first is context(Trust(), ("h2", "http/1.1"))
    assert first is not context(Trust(), ("http/1.1",))
    assert first.verify_mode is ssl.CERT_REQUIRED
    assert len(first.get_ca_certs()) > 100


def test_a_certificate_is_asked_for_no_more_than_browsers_ask_for(monkeypatch):
    """Whatever Python's own defaults are: those of 3.13 refuse certificates that every visitor accepts."""
    from probes.wire.tls import Trust, context

    usual = ssl.create_default_context

    def strict(**arguments):
        made = usual(**arguments)
        made.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
        return made

    monkeypatch.setattr(ssl, "create_default_context", strict)
    made = context.__wrapped__(Trust(), ("h2",))
    assert made.verify_flags == ssl.VERIFY_X509_TRUSTED_FIRST


def test_a_context_that_takes_anything_says_so():
    from probes.wire.tls import Trust, context

    assert context(Trust(verify=False), ("http/1.1",)).verify_mode is ssl.CERT_NONE
