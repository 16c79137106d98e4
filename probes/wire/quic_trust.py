"""Whether a certificate that a server showed over QUIC is to be believed, as OpenSSL decides it over TCP.

aioquic would load all roots again at each handshake; here they are loaded once for each :class:`Trust`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import certifi
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID
from OpenSSL import crypto

from probes.wire.tls import Trust

_SERVER_PURPOSES = frozenset({ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE})


_KEPT_BYTES = 8192

_Read = TypeVar("_Read")


def sparing(read: Callable[..., _Read]) -> Callable[..., _Read]:
    """Keep what ``read`` makes of a certificate, unless that is so large that nobody honest has it."""
    keeping = lru_cache(maxsize=1024)(read)

    def reading(der: bytes, *rest: str) -> _Read:
        return keeping(der, *rest) if len(der) <= _KEPT_BYTES else read(der, *rest)

    return reading


class NotTrusted(Exception):
    """A certificate that is not accepted; the words say why, as OpenSSL puts it."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Our own certificate, what vouches for it, and its key."""

    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    key: PrivateKeyTypes


class Roots:
    """The roots of one :class:`Trust`."""

    def __init__(self, ca: Path | None) -> None:
        self._store = crypto.X509Store()
        self._store.load_locations(certifi.where())
        if ca is not None:
            self._store.load_locations(str(ca))

    def check(self, chain: Sequence[bytes], host: str) -> None:
        """Hold the first of ``chain`` (in DER) against the roots, today's date and the name of ``host``.

        Raises:
            NotTrusted: it does not lead to a root, is not valid now, or is for somebody else.
        """
        try:
            crypto.X509StoreContext(
                self._store,
                _parsed(chain[0]),
                [_parsed(link) for link in chain[1:]],
            ).verify_certificate()
            objection = _objection(chain[0], host)
        except (crypto.X509StoreContextError, ValueError) as error:
            raise NotTrusted(str(error)) from error
        if objection is not None:
            raise NotTrusted(objection)


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
        return Identity(first, tuple(others), load_pem_private_key(files[1].read_bytes(), None))
    except (OSError, TypeError, ValueError) as error:
        raise ValueError(f"{files}: {error}") from error


def prepare(trust: Trust) -> None:
    """Load what ``trust`` names, so that no handshake has to wait for it.

    Raises:
        ValueError: a file that it names cannot be used.
    """
    roots(trust.ca)
    if trust.certificate is not None:
        identity(trust.certificate)


@sparing
def _parsed(der: bytes) -> crypto.X509:
    """A certificate as OpenSSL has it; kept, because it is the same at every visit."""
    return crypto.X509.from_cryptography(x509.load_der_x509_certificate(der))


@sparing
def _objection(der: bytes, host: str) -> str | None:
    """What there is to say against a certificate that is to stand for ``host``, whatever the date."""
    extensions = x509.load_der_x509_certificate(der).extensions
    try:
        uses = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        if not _SERVER_PURPOSES.intersection(uses):
            return "unsuitable certificate purpose"
    except x509.ExtensionNotFound:
        pass  # then it is good for everything
    try:
        names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        names = x509.SubjectAlternativeName([])
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        if not any(matches(name, host) for name in names.get_values_for_type(x509.DNSName)):
            return f"Hostname mismatch, certificate is not valid for '{host}'."
    else:
        if address not in names.get_values_for_type(x509.IPAddress):
            return f"IP address mismatch, certificate is not valid for '{host}'."
    return None


def matches(pattern: str, host: str) -> bool:
    """Whether the name ``pattern`` of a certificate stands for ``host`` (RFC 9525, section 6.3)."""
    pattern, host = pattern.lower().rstrip("."), host.lower().rstrip(".")
    if pattern.startswith("*.") and pattern.count(".") > 1:
        label, _, rest = host.partition(".")
        return bool(label) and rest == pattern[2:]
    return pattern == host
