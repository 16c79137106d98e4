"""Which certificates are believed over QUIC, held against what OpenSSL says of the same over TCP."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from authority import Authority, Leaf
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from probes.wire.quic_trust import NotTrusted, roots
from probes.wire.tls import Trust, context


class Ours:
    """An authority that signs whatever it is asked to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Ours")])
        certificate = self._builder(self._name, self._key).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        self.file = folder / "ours.pem"
        self.file.write_bytes(
            certificate.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        )

    def leaf(self, names: Sequence[x509.GeneralName] | None, *uses: x509.ObjectIdentifier) -> Leaf:
        """A certificate for ``names`` and ``uses``; without either extension where there are none."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a leaf")]), key)
        if names is not None:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        if uses:
            builder = builder.add_extension(x509.ExtendedKeyUsage(uses), critical=False)
        made = Leaf(self._folder / "leaf.pem", self._folder / "leaf.key")
        signed = builder.sign(self._key, hashes.SHA256())
        made.certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
        made.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return made

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=30))
        )


@pytest.fixture
def ours(tmp_path: Path) -> Ours:
    return Ours(tmp_path)


def over_tcp(leaf: Leaf, ca: Path, host: str) -> str | None:
    """What Python's OpenSSL has against ``leaf`` in a handshake for ``host``."""
    near, far = (ssl.MemoryBIO(), ssl.MemoryBIO()), (ssl.MemoryBIO(), ssl.MemoryBIO())
    client = context(Trust(ca=ca), ("h2",)).wrap_bio(*near, server_hostname=host)
    server = leaf.context("h2").wrap_bio(*far, server_side=True)
    for _ in range(3):
        for end in (client, server):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLCertVerificationError as error:
                return error.verify_message
            far[0].write(near[1].read())
            near[0].write(far[1].read())
    return None


def over_quic(leaf: Leaf, ca: Path, host: str) -> str | None:
    """What we have against it."""
    chain = x509.load_pem_x509_certificates(leaf.certificate.read_bytes())
    try:
        roots(ca).check([link.public_bytes(serialization.Encoding.DER) for link in chain], host)
    except NotTrusted as error:
        return str(error)
    return None


DNS, IP = x509.DNSName, x509.IPAddress
LOOPBACK = ipaddress.ip_address("127.0.0.1")


@pytest.mark.parametrize(
    ("names", "host", "good"),
    [
        ([DNS("site.test")], "site.test", True),
        ([DNS("Site.Test")], "site.test", True),
        ([DNS("other.test"), DNS("site.test")], "site.test", True),
        ([DNS("*.site.test")], "www.site.test", True),
        ([DNS("*.site.test")], "site.test", False),
        ([DNS("*.site.test")], "a.b.site.test", False),
        ([DNS("*.test")], "site.test", False),
        ([DNS("w*.site.test")], "www.site.test", False),
        ([DNS("site.test")], "site.test.evil", False),
        ([DNS("127.0.0.1")], "127.0.0.1", False),
        ([IP(LOOPBACK)], "127.0.0.1", True),
        ([IP(LOOPBACK)], "127.0.0.2", False),
        ([IP(ipaddress.ip_address("::1"))], "::1", True),
        ([IP(LOOPBACK)], "site.test", False),
        (None, "site.test", False),
    ],
)
def test_whom_a_certificate_stands_for(
    ours: Ours, names: Sequence[x509.GeneralName] | None, host: str, good: bool
) -> None:
    leaf = ours.leaf(names)
    words = over_quic(leaf, ours.file, host)
    assert (words is None) is good
    assert words == over_tcp(leaf, ours.file, host)


@pytest.mark.parametrize(
    ("uses", "good"),
    [
        ((ExtendedKeyUsageOID.SERVER_AUTH,), True),
        ((ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH), True),
        ((ExtendedKeyUsageOID.CLIENT_AUTH,), False),
        ((), True),
    ],
)
def test_what_a_certificate_is_for(ours: Ours, uses: tuple[x509.ObjectIdentifier, ...], good: bool) -> None:
    leaf = ours.leaf([DNS("site.test")], *uses)
    words = over_quic(leaf, ours.file, "site.test")
    assert words == (None if good else "unsuitable certificate purpose")
    assert (over_tcp(leaf, ours.file, "site.test") is None) is good


def test_another_authority(ours: Ours, authority: Authority) -> None:
    leaf = ours.leaf([DNS("site.test")])
    words = over_quic(leaf, authority.ca_file, "site.test")
    assert words == "unable to get local issuer certificate"
    assert words == over_tcp(leaf, authority.ca_file, "site.test")


def test_what_is_no_certificate(authority: Authority) -> None:
    with pytest.raises(NotTrusted, match="parsing"):
        roots(authority.ca_file).check([b"\x30\x00"], "site.test")


def test_a_certificate_beyond_all_size_is_read_and_not_kept(ours: Ours) -> None:
    leaf = ours.leaf([DNS(f"name-{number}.site.test") for number in range(1000)])
    assert over_quic(leaf, ours.file, "name-999.site.test") is None
    assert over_quic(leaf, ours.file, "name-1000.site.test") is not None
