"""What one certificate says: whom it is for, who issued it, and how strong its key and its signature are."""

from __future__ import annotations

import ipaddress
import warnings

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID, SignatureAlgorithmOID

LEAST_RSA_BITS = 2048
LEAST_CURVE_BITS = 256
"""Smaller keys are not issued any more (CA/Browser Forum, Baseline Requirements, section 6.1.5)."""

UNKNOWN_KEY = "unknown"
"""What a key is called that cannot be read."""

_WEAK_HASHES = frozenset({"md5", "sha1"})
_SIGNATURES = {
    oid: name for name, oid in vars(SignatureAlgorithmOID).items() if isinstance(oid, x509.ObjectIdentifier)
}
_TEXT = 200


def load(der: bytes) -> x509.Certificate:
    """The certificate that ``der`` holds, with oddities that old ones have (a serial number of 0) let pass.

    Raises:
        ValueError: it is none.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        return x509.load_der_x509_certificate(der)


def vouches_for(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    """Whether ``issuer`` signed ``certificate``."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, UnsupportedAlgorithm, TypeError, ValueError):
        return False
    return True


def is_self_issued(certificate: x509.Certificate) -> bool:
    """Whether it names itself as its issuer, as roots do."""
    return certificate.subject == certificate.issuer


def covers(certificate: x509.Certificate, host: str) -> bool:
    """Whether the certificate is for ``host``, a name in ASCII or an address (RFC 9525, section 6)."""
    names = _alternative_names(certificate)
    if names is None:
        return False
    try:
        return ipaddress.ip_address(host) in names.get_values_for_type(x509.IPAddress)
    except ValueError:
        pass
    wanted = host.lower().rstrip(".")
    above = wanted.partition(".")[2]
    for name in names.get_values_for_type(x509.DNSName):
        pattern = name.lower().rstrip(".")
        if pattern == wanted or (above and pattern == f"*.{above}"):
            return True
    return False


def names_of(certificate: x509.Certificate) -> list[str]:
    """The names and addresses that the certificate is for."""
    names = _alternative_names(certificate)
    if names is None:
        return []
    addresses = [str(address) for address in names.get_values_for_type(x509.IPAddress)]
    return [*names.get_values_for_type(x509.DNSName), *addresses]


def names_issuers_place(certificate: x509.Certificate) -> bool:
    """Whether it says where its issuer's certificate is to be had (RFC 5280, section 4.2.2.1)."""
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (x509.ExtensionNotFound, ValueError):
        return False
    return any(each.access_method == AuthorityInformationAccessOID.CA_ISSUERS for each in access)


def must_staple(certificate: x509.Certificate) -> bool:
    """Whether the certificate asks clients to insist on a staple (RFC 7633)."""
    try:
        feature = certificate.extensions.get_extension_for_class(x509.TLSFeature).value
    except (x509.ExtensionNotFound, ValueError):
        return False
    return x509.TLSFeatureType.status_request in feature


def is_weakly_signed(certificate: x509.Certificate) -> bool:
    """Whether the certificate is signed over MD5 or SHA-1."""
    return _hash_name(certificate) in _WEAK_HASHES


def signature_name(certificate: x509.Certificate) -> str:
    """How it is signed, such as ``ECDSA_WITH_SHA256``."""
    oid = certificate.signature_algorithm_oid
    name = _SIGNATURES.get(oid, oid.dotted_string)
    digest = _hash_name(certificate)
    return name if digest is None or digest.upper() in name else f"{name} {digest}"


def key_name(certificate: x509.Certificate) -> str:
    """The kind and size of the key, such as ``RSA 2048`` or ``EC secp256r1``."""
    key = _public_key(certificate)
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {key.curve.name}"
    return type(key).__name__.removesuffix("PublicKey").lstrip("_") if key is not None else UNKNOWN_KEY


def has_small_key(certificate: x509.Certificate) -> bool:
    """Whether its key is smaller than browsers take."""
    key = _public_key(certificate)
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size < LEAST_RSA_BITS
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.curve.key_size < LEAST_CURVE_BITS
    return key is not None and not isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey)


def common_name(name: x509.Name) -> str:
    """What a name is called for short."""
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value)[:_TEXT] if found else name.rfc4514_string()[:_TEXT]


def _hash_name(certificate: x509.Certificate) -> str | None:
    try:
        digest = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return None
    return digest.name if digest else None


def _public_key(certificate: x509.Certificate) -> object | None:
    try:
        return certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None


def _alternative_names(certificate: x509.Certificate) -> x509.SubjectAlternativeName | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return None
