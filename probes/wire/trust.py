"""Whether the certificate that a server showed is to be believed: one judgement, over TCP and over QUIC.

OpenSSL builds the chain and checks it; :mod:`probes.wire.objections` holds the rest against it. A chain that
was accepted is not worked through again while all certificates in it are valid: roots and names stay as they
are, so there could be no other answer.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from time import time

import certifi
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.bindings.openssl.binding import Binding
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from OpenSSL import crypto

from probes.failure import Failure
from probes.sample import Fault
from probes.wire.objections import objection

_lib = Binding().lib

_MOST_ACCEPTED = 2048
"""How many chains are remembered for each set of roots."""

_MOST_BYTES = 16 * 1024
"""A longer chain is worked through each time: nobody honest has one."""

_NEVER = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Trust:
    """What a connection is asked to prove, and what it is shown."""

    ca: Path | None = None
    """Roots beside Mozilla's (the certifi package)."""
    verify: bool = True
    certificate: tuple[Path, Path] | None = None
    """Our own certificate and its key, where the page asks for one."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a server showed of its TLS."""

    certificate: bytes = b""
    """Its certificate, in DER."""
    cipher: str | None = None
    """The cipher suite, by OpenSSL's name."""
    version: str | None = None
    """The version of TLS, such as ``TLSv1.3``."""


class NotTrusted(Exception):
    """A certificate that is not accepted; the words say why, as OpenSSL puts it."""


class Refused(Failure):
    """A connection that was given up for its certificate, with what the server showed."""

    def __init__(self, why: NotTrusted, shown: Shown) -> None:
        super().__init__(Fault.TLS, f"the certificate is not accepted: {why}")
        self.shown = shown


@dataclass(frozen=True, slots=True)
class Identity:
    """Our own certificate, what vouches for it, and its key."""

    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


class Roots:
    """The roots of one :class:`Trust`, and what they are known to vouch for."""

    def __init__(self, ca: Path | None) -> None:
        self._store = crypto.X509Store()
        self._store.load_locations(certifi.where())
        if ca is not None:
            self._store.load_locations(str(ca))
        # pyOpenSSL has no name for it: each certificate of a chain must be fit to vouch for a server.
        assert _lib.X509_STORE_set_purpose(self._store._store, _lib.X509_PURPOSE_SSL_SERVER) == 1
        self._accepted: OrderedDict[tuple[str | bytes, ...], tuple[float, float]] = OrderedDict()

    def check(self, chain: Sequence[bytes], host: str) -> None:
        """Hold the first of ``chain`` (in DER) against the roots, today's date and the name of ``host``.

        Raises:
            NotTrusted: it does not lead to a root, is not valid now, is too weak, or is for somebody else.
        """
        shown: tuple[str | bytes, ...] = (host, *chain)
        begins, ends = self._accepted.get(shown, _NEVER)
        if begins <= time() < ends:
            return
        period = self._verify(chain, host)
        if sum(map(len, chain)) <= _MOST_BYTES:
            self._accepted[shown] = period
            if len(self._accepted) > _MOST_ACCEPTED:
                self._accepted.popitem(last=False)

    def _verify(self, chain: Sequence[bytes], host: str) -> tuple[float, float]:
        """From when until when ``chain`` is accepted, in seconds of Unix time."""
        try:
            first, *others = map(_parsed, chain)
            verified = crypto.X509StoreContext(self._store, first, others).get_verified_chain()
            links = [link.to_cryptography() for link in verified]
            against = objection(links, host)
        except (crypto.X509StoreContextError, UnsupportedAlgorithm, ValueError) as error:
            raise NotTrusted(str(error)) from error
        if against is not None:
            raise NotTrusted(against)
        begins = max(link.not_valid_before_utc for link in links)
        return begins.timestamp(), min(link.not_valid_after_utc for link in links).timestamp()


def _parsed(der: bytes) -> crypto.X509:
    return crypto.X509.from_cryptography(x509.load_der_x509_certificate(der))


@lru_cache(maxsize=64)
def roots(ca: Path | None) -> Roots:
    """The roots of Mozilla's list and of ``ca``; kept, because loading them takes tens of milliseconds.

    Raises:
        ValueError: the file cannot be used.
    """
    try:
        return Roots(ca)
    except (crypto.Error, OSError) as error:
        raise ValueError(f"{ca}: {error}") from error


@lru_cache(maxsize=64)
def identity(files: tuple[Path, Path]) -> Identity:
    """Our own certificate and key from two PEM files.

    Raises:
        ValueError: a file cannot be used.
    """
    try:
        first, *others = x509.load_pem_x509_certificates(files[0].read_bytes())
        key = load_pem_private_key(files[1].read_bytes(), None)
        if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey):
            raise ValueError("a key of RSA, of an elliptic curve or of Ed25519 is needed")
        if key.public_key() != first.public_key():
            raise ValueError("the key is another certificate's")
        return Identity(first, tuple(others), key)
    except (OSError, TypeError, ValueError) as error:
        raise ValueError(f"{files[0]}, {files[1]}: {error}") from error
