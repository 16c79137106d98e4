"""What a connection's TLS was, as evidence on the sample."""

from __future__ import annotations

from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID

from probes.wire.sparing import sparing
from probes.wire.trust import Shown

_MOST_NAMES = 20


def tls_evidence(shown: Shown, *, verified: bool) -> dict[str, Any]:
    """The protocol's version, the cipher, and what the certificate says of itself."""
    return _evidence(shown.certificate, shown.version, shown.cipher, verified)


@sparing
def _evidence(der: bytes, version: str | None, cipher: str | None, verified: bool) -> dict[str, Any]:
    """What is the same at every visit and not cheap to read. Nobody changes it: it is shared by samples."""
    return {"version": version, "cipher": cipher, "verified": verified} | (_certificate(der) if der else {})


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
