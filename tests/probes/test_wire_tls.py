"""TLS at the edges: connections that break, certificates with little in them, files that cannot be used."""

import asyncio
import contextlib
import datetime
import socket
import ssl
import struct

import pytest
import trustme
from chains import make, write
from cryptography import x509
from cryptography.hazmat.bindings.openssl.binding import Binding
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from OpenSSL import crypto
from scripted import answering, head, response, serve

from probes.sample import Fault, Outcome
from probes.visit.certificate import _certificate
from probes.wire.openssl import Session, TlsError, lib
from probes.wire.tls import terms
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


def test_what_is_the_same_for_many_pages_is_made_once():
    first = terms(Trust(), ("h2", "http/1.1"))
    assert first is terms(Trust(), ("h2", "http/1.1"))
    assert first is not terms(Trust(), ("http/1.1",))
    assert first.roots is terms(Trust(), ("http/1.1",)).roots
    assert terms(Trust(verify=False), ("http/1.1",)).roots is None


def session(host="site.test"):
    return Session(terms(Trust(), ("http/1.1",)).context, host)


class Far:
    """The server's end, by Python's own ssl."""

    def __init__(self, context):
        self.came, self.leaves = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.came, self.leaves, server_side=True)

    def shake(self):
        with contextlib.suppress(ssl.SSLWantReadError):
            self.tls.do_handshake()


def shaken(near, far):
    """Shake hands; returns how many flights ``near`` sent before it had done."""
    flights = 0
    while not near.shake():
        flights += 1
        far.came.write(near.take())
        far.shake()
        near.put(far.leaves.read())
    far.came.write(near.take())
    far.shake()
    return flights


@pytest.mark.parametrize(
    ("curve", "group"),
    [(None, "x25519"), ("prime256v1", "secp256r1"), ("secp384r1",) * 2, ("secp521r1",) * 2],
)
def test_one_key_is_made_for_the_exchange_and_others_where_a_server_asks(authority, curve, group):
    context = authority.leaf("site.test").context()
    if curve is not None:
        context.set_ecdh_curve(curve)
    near = session()
    assert shaken(near, Far(context)) == (1 if curve is None else 2)
    assert near.group == group


def test_no_post_quantum_key_is_made_for_a_visit():
    """OpenSSL by itself would make one beside the other, and a hello of two packets."""
    near = session()
    assert not near.shake()
    assert len(near.take()) < 600


def test_a_server_is_told_no_address_and_no_dot_at_the_end():
    told = {}
    for host in ("127.0.0.1", "::1", "site.test", "site.test."):
        near = session(host)
        assert not near.shake()
        hello = near.take()
        told[host] = b"\0\x09site.test" in hello, b"site.test." in hello, host.encode() in hello
    assert told == {
        "127.0.0.1": (False, False, False),
        "::1": (False, False, False),
        "site.test": (True, False, True),
        "site.test.": (True, False, False),
    }


def test_an_error_that_somebody_else_left_is_not_taken_for_the_connections(authority):
    far = Far(authority.leaf("site.test").context())
    near = session()
    shaken(near, far)
    X509Store = crypto.X509Store()  # noqa: N806
    with pytest.raises(crypto.Error):
        X509Store.load_locations("/nowhere")
    lib.X509_STORE_load_locations(X509Store._store, b"/nowhere", Binding().ffi.NULL)
    assert lib.ERR_peek_error()
    assert near.read() is None
    lib.X509_STORE_load_locations(X509Store._store, b"/nowhere", Binding().ffi.NULL)
    near.write(b"a request")
    far.came.write(near.take())
    assert far.tls.read() == b"a request"


@pytest.mark.parametrize("size", [0, 1, 16_384, 16_385, 1_000_000])
def test_what_is_written_is_encrypted_whole_and_read_again(authority, size):
    far = Far(authority.leaf("site.test").context())
    near = session()
    shaken(near, far)
    data = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    near.write(data)
    far.came.write(near.take())
    got = b""
    while len(got) < size:
        got += far.tls.read()
    assert got == data
    assert near.take() == b""
    far.tls.write(data)
    near.put(far.leaves.read())
    back = b""
    while len(back) < size:
        back += near.read()
    assert back == data
    assert near.read() is None


def test_an_end_that_is_said_and_words_for_one_that_is_not_clean(authority):
    far = Far(authority.leaf("site.test").context())
    near = session()
    shaken(near, far)
    with contextlib.suppress(ssl.SSLWantReadError):
        far.tls.unwrap()
    near.put(far.leaves.read())
    assert near.read() == b""
    other = session()
    assert not other.shake()
    other.put(b"\x15\x03\x01\x00\x02\x02\x28")
    with pytest.raises(TlsError, match=r"^tls alert handshake failure$"):
        other.shake()
    with pytest.raises(TlsError, match=r"^TLS: .+"):
        other.shake()  # and once more, with nothing left to say of it


def test_our_own_certificate_is_shown_with_what_vouches_for_it(authority, tmp_path):
    root = make("root", authority=True)
    middle = make("middle", root, authority=True)
    ours = make("visitor", middle)
    mine = write(tmp_path, ours, middle)
    (tmp_path / "root.pem").write_bytes(root.pem)
    context = authority.leaf("site.test").context()
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(tmp_path / "root.pem")  # the server does not know the middle
    trust = Trust(ca=authority.ca_file, certificate=(mine.certificate, mine.key))
    far = Far(context)
    shaken(Session(terms(trust, ("http/1.1",)).context, "site.test"), far)
    assert far.tls.getpeercert(binary_form=True) == ours.der


def test_before_a_handshake_there_is_nothing_to_tell():
    near = session()
    assert (near.alpn, near.chain, near.cipher, near.staple) == (None, [], "(NONE)", b"")


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
