"""The OCSP response that a server sends along: what it says of the page's certificate (RFC 6960)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from probes.encryption.certificate import vouches_for


@dataclass(frozen=True, slots=True)
class Staple:
    """A staple, or that there was none."""

    present: bool = False
    status: str | None = None
    """``good``, ``revoked`` or ``unknown``, where the response is about the page's certificate."""
    fresh: bool | None = None
    """Whether now lies in the time for which it was made."""
    genuine: bool | None = None
    """Whether it is signed by the certificate's issuer; ``None`` where the issuer is not known."""
    this_update: str | None = None
    next_update: str | None = None
    detail: str | None = None
    """What is wrong with one that cannot be used."""

    @property
    def good(self) -> bool:
        """Whether it is one that a client can rely on."""
        return self.status == "good" and self.fresh is True and self.genuine is not False

    @property
    def revoked(self) -> bool:
        """Whether it says that the certificate was revoked, and is not a forgery."""
        return self.status == "revoked" and self.genuine is not False

    def facts(self, *, must_staple: bool) -> dict[str, Any]:
        """The staple as evidence."""
        return {
            "present": self.present,
            "status": self.status,
            "fresh": self.fresh,
            "genuine": self.genuine,
            "this_update": self.this_update,
            "next_update": self.next_update,
            "must_staple": must_staple,
            "detail": self.detail,
        }


def read_staple(der: bytes, leaf: x509.Certificate, issuer: x509.Certificate | None, now: datetime) -> Staple:
    """What the response ``der`` (empty where none came) says of ``leaf``, issued by ``issuer``."""
    if not der:
        return Staple()
    try:
        response = ocsp.load_der_ocsp_response(der)
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            return Staple(present=True, detail=f"the responder says {response.response_status.name.lower()}")
        if response.serial_number != leaf.serial_number:
            return Staple(present=True, detail="it is about another certificate")
        ends = response.next_update_utc
        return Staple(
            present=True,
            status=response.certificate_status.name.lower(),
            fresh=response.this_update_utc <= now and (ends is None or now <= ends),
            genuine=_is_genuine(response, issuer) if issuer is not None else None,
            this_update=_time(response.this_update_utc),
            next_update=_time(ends) if ends is not None else None,
        )
    except (ValueError, UnsupportedAlgorithm) as error:
        return Staple(present=True, detail=f"it cannot be read: {error}")


def _is_genuine(response: ocsp.OCSPResponse, issuer: x509.Certificate) -> bool:
    """Whether the issuer signed it, or one whom the issuer lets answer (RFC 6960, section 4.2.2.2)."""
    return any(
        _signed_by(response, signer)
        for signer in (issuer, *response.certificates)
        if signer == issuer or (vouches_for(issuer, signer) and _may_answer(signer))
    )


def _may_answer(signer: x509.Certificate) -> bool:
    try:
        usage = signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return ExtendedKeyUsageOID.OCSP_SIGNING in usage


def _signed_by(response: ocsp.OCSPResponse, signer: x509.Certificate) -> bool:
    key = signer.public_key()
    digest = response.signature_hash_algorithm
    try:
        if isinstance(key, rsa.RSAPublicKey) and digest is not None:
            key.verify(response.signature, response.tbs_response_bytes, padding.PKCS1v15(), digest)
        elif isinstance(key, ec.EllipticCurvePublicKey) and digest is not None:
            key.verify(response.signature, response.tbs_response_bytes, ec.ECDSA(digest))
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _time(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
