"""Which certificates are believed, held against OpenSSL in a handshake that it verifies itself."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import certifi
import pytest
from authority import Authority, Leaf
from chains import NOW, Made, make, over_sha1, write
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from probes.wire import trust
from probes.wire.objections import objection
from probes.wire.tls import CIPHERS
from probes.wire.trust import NotTrusted, Roots, identity, roots

NAME = "site.test"
DNS, IP = x509.DNSName, x509.IPAddress
LOOPBACK = ipaddress.ip_address("127.0.0.1")


@dataclass
class Case:
    """What a server shows, and the root that is trusted."""

    folder: Path

    def write(self, root: Made, *shown: Made) -> tuple[Leaf, Path]:
        """The server's files and the root's."""
        file = self.folder / "root.pem"
        file.write_bytes(root.pem)
        return write(self.folder, *shown), file

    def issue(self, **manner: Any) -> tuple[Leaf, Path]:
        """A certificate like that from a root that nothing is to be said against."""
        root = make("root", authority=True)
        return self.write(root, make(NAME, root, **manner))


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


def openssl(leaf: Leaf, ca: Path, host: str) -> str | None:
    """What Python's OpenSSL has against ``leaf`` in a handshake for ``host``."""
    near, far = (ssl.MemoryBIO(), ssl.MemoryBIO()), (ssl.MemoryBIO(), ssl.MemoryBIO())
    judge = ssl.create_default_context(cafile=certifi.where())
    judge.hostname_checks_common_name = False
    judge.verify_flags &= ~(ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN)
    judge.set_ciphers(CIPHERS)
    judge.load_verify_locations(ca)
    shows = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shows.set_ciphers("ALL:@SECLEVEL=0")
    shows.load_cert_chain(leaf.certificate, leaf.key)
    client = judge.wrap_bio(*near, server_hostname=host)
    server = shows.wrap_bio(*far, server_side=True)
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


def shown(leaf: Leaf) -> list[bytes]:
    chain = x509.load_pem_x509_certificates(leaf.certificate.read_bytes())
    return [link.public_bytes(serialization.Encoding.DER) for link in chain]


def ours(leaf: Leaf, ca: Path, host: str) -> str | None:
    """What we have against it."""
    try:
        Roots(ca).check(shown(leaf), host)
    except NotTrusted as error:
        return str(error)
    return None


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
        # The subject's name is NAME in all of them. Browsers have not read it there since 2017.
        ([], "site.test", False),
    ],
)
def test_whom_a_certificate_stands_for(
    case: Case, names: Sequence[x509.GeneralName], host: str, good: bool
) -> None:
    leaf, root = case.issue(names=names)
    words = ours(leaf, root, host)
    assert (words is None) is good
    assert words == openssl(leaf, root, host)


def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


def used_for(*uses: x509.ObjectIdentifier) -> dict[str, Any]:
    return {"extensions": [x509.ExtendedKeyUsage(uses)]}


SERVER, CLIENT = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH
ENCIPHERS = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=True,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)
ELSEWHERE = x509.NameConstraints(permitted_subtrees=[DNS("other.test")], excluded_subtrees=None)
ENDED = {"days": -1.0}

# What root, middle (where there is one) and leaf are like, and what there is to say against it.
CHAINS: dict[str, tuple[dict[str, Any], dict[str, Any] | None, dict[str, Any], str | None]] = {
    "for servers": ({}, None, used_for(SERVER), None),
    "for servers too": ({}, None, used_for(CLIENT, SERVER), None),
    "for clients": ({}, None, used_for(CLIENT), "unsuitable certificate purpose"),
    "below an authority of servers": ({}, used_for(SERVER), {}, None),
    "below an authority of clients": ({}, used_for(CLIENT), {}, "unsuitable certificate purpose"),
    "below no authority": ({}, {"authority": False}, {}, "invalid CA certificate"),
    "below one that may not sign": ({}, {"extensions": [ENCIPHERS]}, {}, "invalid CA certificate"),
    "too far below": ({"depth": 0}, {}, {}, "path length constraint exceeded"),
    "out of bounds": ({}, {"extensions": [ELSEWHERE]}, {}, "permitted subtree violation"),
    "expired": ({}, None, ENDED, "certificate has expired"),
    "not yet valid": ({}, None, {"begun": -1.0}, "certificate is not yet valid"),
    "below one that expired": ({}, ENDED, {}, "certificate has expired"),
    "below a root that expired": (ENDED, None, {}, "certificate has expired"),
    "with a small key": ({}, None, {"key": rsa_key(1024)}, "EE certificate key too weak"),
    "with a key that is nearly large": ({}, None, {"key": rsa_key(2040)}, None),
    "below a small key": ({}, {"key": rsa_key(1024)}, {}, "CA certificate key too weak"),
    "below a short curve": (
        {"key": ec.generate_private_key(ec.SECP192R1())},
        None,
        {},
        "CA certificate key too weak",
    ),
    "below a short DSA key": (
        {"key": dsa.generate_private_key(1024)},
        None,
        {},
        "CA certificate key too weak",
    ),
    "below Ed25519": ({"key": ed25519.Ed25519PrivateKey.generate()}, {}, {}, None),
}


@pytest.mark.parametrize("kind", CHAINS)
def test_a_chain_is_judged_as_openssl_judges_it(case: Case, kind: str) -> None:
    top, between, bottom, words = CHAINS[kind]
    root = make("root", authority=True, **top)
    middle = None if between is None else make("middle", root, **{"authority": True} | between)
    leaf = make(NAME, middle or root, **bottom)
    files, ca = case.write(root, *(made for made in (leaf, middle) if made is not None))
    assert openssl(files, ca, NAME) == words
    found = ours(files, ca, NAME)
    # OpenSSL 3.0 has fewer words for it.
    assert (found and found.removesuffix(" or the system clock is incorrect")) == words


def test_what_is_signed_over_sha1_is_refused_but_for_a_root(case: Case) -> None:
    root = make("root", authority=True, key=rsa_key())
    leaf = make(NAME, root)
    weak = "CA signature digest algorithm too weak"
    for shows, trusted, words in [(over_sha1(leaf, root), root, weak), (leaf, over_sha1(root, root), None)]:
        files, ca = case.write(trusted, shows)
        assert openssl(files, ca, NAME) == words
        assert ours(files, ca, NAME) == words


def test_a_certificate_that_vouches_for_itself(case: Case) -> None:
    alone = make(NAME)
    files, ca = case.write(alone, alone)
    assert openssl(files, ca, NAME) is None
    assert ours(files, ca, NAME) is None
    files, ca = case.write(make("root", authority=True), alone)
    words = ours(files, ca, NAME)
    assert words == "self-signed certificate"
    assert words == openssl(files, ca, NAME)


def test_another_authority(case: Case, authority: Authority) -> None:
    leaf, _ = case.issue()
    words = ours(leaf, authority.ca_file, NAME)
    assert words == "unable to get local issuer certificate"
    assert words == openssl(leaf, authority.ca_file, NAME)


def test_a_chain_without_its_middle(case: Case) -> None:
    top = make("root", authority=True)
    leaf, root = case.write(top, make(NAME, make("middle", top, authority=True)))
    words = ours(leaf, root, NAME)
    assert words == "unable to get local issuer certificate"
    assert words == openssl(leaf, root, NAME)


def test_what_is_no_certificate(authority: Authority) -> None:
    with pytest.raises(NotTrusted, match="parsing"):
        roots(authority.ca_file).check([b"\x30\x00"], NAME)


class Counting:
    """Counts how often a chain is worked through, and lets time pass."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.looks = 0
        self.now = NOW.timestamp()

        def look(chain: Sequence[x509.Certificate], host: str) -> str | None:
            self.looks += 1
            return objection(chain, host)

        monkeypatch.setattr(trust, "objection", look)
        monkeypatch.setattr(trust, "time", lambda: self.now)


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> Counting:
    return Counting(monkeypatch)


def test_a_chain_that_was_accepted_is_not_worked_through_again(case: Case, counting: Counting) -> None:
    leaf, root = case.issue(names=[DNS(NAME), DNS("www.site.test")])
    judge = Roots(root)
    for _ in range(3):
        judge.check(shown(leaf), NAME)
    assert counting.looks == 1
    judge.check(shown(leaf), "www.site.test")  # for another name it is another question
    assert counting.looks == 2
    with pytest.raises(NotTrusted, match="Hostname mismatch"):
        judge.check(shown(leaf), "other.test")
    Roots(root).check(shown(leaf), NAME)  # and with other roots
    assert counting.looks == 4


@pytest.mark.parametrize("part", ["root", "middle", "leaf"])
def test_a_chain_is_worked_through_again_once_any_certificate_in_it_has_ended(
    case: Case, counting: Counting, part: str
) -> None:
    days = {name: 1 / 24 if name == part else 9 for name in ("root", "middle", "leaf")}
    top = make("root", authority=True, days=days["root"])
    middle = make("middle", top, authority=True, days=days["middle"])
    leaf, root = case.write(top, make(NAME, middle, days=days["leaf"]), middle)
    judge = Roots(root)
    judge.check(shown(leaf), NAME)
    counting.now += 3599
    judge.check(shown(leaf), NAME)
    assert counting.looks == 1
    counting.now += 1
    judge.check(shown(leaf), NAME)  # OpenSSL's own clock has not moved, and accepts it once more
    assert counting.looks == 2


def test_a_clock_that_is_set_back_before_a_certificate_begins(case: Case, counting: Counting) -> None:
    leaf, root = case.issue(begun=1 / 24)
    judge = Roots(root)
    judge.check(shown(leaf), NAME)
    counting.now -= 3600
    judge.check(shown(leaf), NAME)
    assert counting.looks == 1
    counting.now -= 1
    judge.check(shown(leaf), NAME)
    assert counting.looks == 2


def test_what_is_remembered_has_a_bound(
    case: Case, counting: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trust, "_MOST_ACCEPTED", 2)
    names = [f"{letter}.site.test" for letter in "abc"]
    leaf, root = case.issue(names=[DNS(name) for name in names])
    judge = Roots(root)
    for name in [*names, "c.site.test", "b.site.test", "a.site.test"]:
        judge.check(shown(leaf), name)
    assert counting.looks == 4


def test_a_chain_beyond_all_size_is_worked_through_each_time(case: Case, counting: Counting) -> None:
    leaf, root = case.issue(names=[DNS(f"name-{number}.site.test") for number in range(1000)])
    judge = Roots(root)
    for _ in range(2):
        judge.check(shown(leaf), "name-999.site.test")
    assert counting.looks == 2


def test_a_refusal_is_never_remembered(case: Case, counting: Counting) -> None:
    leaf, root = case.issue()
    judge = Roots(root)
    for _ in range(2):
        with pytest.raises(NotTrusted):
            judge.check(shown(leaf), "other.test")
    assert counting.looks == 2


def test_a_key_that_is_another_certificates(authority: Authority) -> None:
    one, other = authority.leaf(NAME), authority.leaf(NAME)
    with pytest.raises(ValueError, match="the key is another certificate's"):
        identity((one.certificate, other.key))
    assert identity((one.certificate, one.key)).chain == ()


def test_a_key_of_a_kind_that_nobody_shows(case: Case) -> None:
    leaf, _ = case.issue(key=dsa.generate_private_key(2048))
    with pytest.raises(ValueError, match="a key of RSA, of an elliptic curve or of Ed25519"):
        identity((leaf.certificate, leaf.key))
