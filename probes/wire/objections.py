"""What there is to say against a chain of certificates whose signatures and dates hold.

OpenSSL asks for the same in a handshake that it verifies itself, at its security level 2 (112 bits): keys and
digests that nobody can forge, and the name of the host.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa

_LEAST_RSA_BITS = 1964
"""OpenSSL's estimate of what an RSA key is worth comes to 112 bits from here on, rounded as it rounds it."""

_LEAST_DSA_BITS = 2048
_LEAST_EC_BITS = 224
_LEAST_DIGEST_BYTES = 28
"""SHA-224. Neither MD5 nor SHA-1."""


def objection(chain: Sequence[x509.Certificate], host: str) -> str | None:
    """What there is to say against ``chain``, from the server's certificate to the root, for ``host``."""
    if _weak_key(chain[0]):
        return "EE certificate key too weak"
    if any(map(_weak_key, chain[1:])):
        return "CA certificate key too weak"
    # What a root says of itself proves nothing, however it is signed.
    if any(map(_weak_digest, chain[:-1])):
        return "CA signature digest algorithm too weak"
    return _other_name(chain[0], host)


def _weak_key(certificate: x509.Certificate) -> bool:
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size < _LEAST_RSA_BITS
    if isinstance(key, dsa.DSAPublicKey):
        return key.key_size < _LEAST_DSA_BITS
    return isinstance(key, ec.EllipticCurvePublicKey) and key.key_size < _LEAST_EC_BITS


def _weak_digest(certificate: x509.Certificate) -> bool:
    digest = certificate.signature_hash_algorithm  # none with Ed25519 and its like, which bring their own
    return digest is not None and digest.digest_size < _LEAST_DIGEST_BYTES


def _other_name(certificate: x509.Certificate, host: str) -> str | None:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
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
