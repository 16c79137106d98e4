"""What a connection's TLS was, as evidence on the sample."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Protocol

from cryptography import x509
from cryptography.x509.oid import NameOID

_MOST_NAMES = 20

_KEPT_BYTES = 8192
"""What a larger certificate says is read anew each time: nobody honest has one."""


class Encrypted(Protocol):
    """A connection that was encrypted by TLS, on TCP or in QUIC."""

    @property
    def certificate(self) -> bytes | None:
        """The other side's certificate, in DER."""

    @property
    def version(self) -> str | None:
        """The version of TLS, such as ``TLSv1.3``."""

    @property
    def cipher(self) -> str | None:
        """The cipher suite, by OpenSSL's name."""


def tls_evidence(stream: Encrypted, *, verified: bool) -> dict[str, Any]:
    """The protocol's version, the cipher, and what the certificate says of itself."""
    der = stream.certificate
    kept = der is None or len(der) <= _KEPT_BYTES
    return (_kept_evidence if kept else _evidence)(der, stream.version, stream.cipher, verified)


def _evidence(der: bytes | None, version: str | None, cipher: str | None, verified: bool) -> dict[str, Any]:
    """What is the same at every visit and not cheap to read. Nobody changes it: it is shared by samples."""
    evidence: dict[str, Any] = {"version": version, "cipher": cipher, "verified": verified}
    return evidence | (_certificate(der) if der is not None else {})


_kept_evidence = lru_cache(maxsize=4096)(_evidence)


def _certificate(der: bytes) -> dict[str, Any]:
    """The facts of one certificate."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        return {
            "not_before": certificate.not_valid_before_utc.isoformat().replace("+00:00", "Z"),
            "not_after": certificate.not_valid_after_utc.isoformat().replace("+00:00", "Z"),
            "subject": _common_name(certificate.subject),
            "issuer": _common_name(certificate.issuer),
            "names": _names(certificate),
        }
    except ValueError as error:
        return {"unreadable": str(error)}


def _common_name(name: x509.Name) -> str:
    for attribute in name.get_attributes_for_oid(NameOID.COMMON_NAME):
        return str(attribute.value)
    return name.rfc4514_string()


def _names(certificate: x509.Certificate) -> list[str]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (x509.ExtensionNotFound, ValueError):
        return []
    names = extension.value
    found = names.get_values_for_type(x509.DNSName)
    found += [str(address) for address in names.get_values_for_type(x509.IPAddress)]
    return found[:_MOST_NAMES]
