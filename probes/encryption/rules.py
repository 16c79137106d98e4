"""The rules of the grade, as data: what holds it down, how far, and why.

After SSL Labs' Server Rating Guide (its caps, and HSTS for A+), Mozilla's Server Side TLS guidelines and the
CA/Browser Forum's Baseline Requirements. Every encryption starts at A+; a rule that is broken caps it. What
could not be found out never flatters: it caps too, or no grade is given at all.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that a good encryption does not have."""

    name: str
    cap: str
    """The best grade with it."""
    unknown: str | None
    """The best grade where it is not known. ``None``: then no grade that is better than ``cap`` is given."""
    words: str
    """What is wrong, as a reader is told it."""
    subject: str
    """What is not known, where it is not."""


RULES = (
    Rule(
        "not_accepted",
        "F",
        None,
        "the certificate is not accepted",
        "whether the certificate is accepted",
    ),
    Rule(
        "no_modern_version",
        "F",
        None,
        "neither TLS 1.3 nor TLS 1.2 is accepted, and browsers take nothing older",
        "whether TLS 1.3 or TLS 1.2 is accepted",
    ),
    Rule("small_key", "F", None, "a key is too small", "how large the keys of the chain are"),
    Rule(
        "weak_signature",
        "F",
        None,
        "a certificate is signed over MD5 or SHA-1, which can be forged",
        "how the certificates of the chain are signed",
    ),
    Rule(
        "revoked",
        "F",
        "A",
        "the certificate was revoked, says the OCSP staple",
        "whether a staple says that the certificate was revoked",
    ),
    Rule(
        "broken_cipher",
        "F",
        None,
        "ciphers are accepted that encrypt or prove nothing, or are broken (NULL, anonymous, EXPORT, DES)",
        "whether broken ciphers (NULL, anonymous, EXPORT, DES) are accepted",
    ),
    Rule("rc4", "D", None, "RC4 is accepted, which must not be used", "whether RC4 is accepted"),
    Rule(
        "triple_des",
        "C",
        None,
        "ciphers of 64-bit blocks (3DES, IDEA) are accepted",
        "whether ciphers of 64-bit blocks (3DES, IDEA) are accepted",
    ),
    Rule("tls10", "B", None, "TLS 1.0 is accepted", "whether TLS 1.0 is accepted"),
    Rule("tls11", "B", None, "TLS 1.1 is accepted", "whether TLS 1.1 is accepted"),
    Rule(
        "no_forward_secrecy",
        "B",
        None,
        "clients of TLS 1.2 that offer forward secrecy do not get it",
        "whether clients get forward secrecy",
    ),
    Rule(
        "incomplete_chain",
        "B",
        None,
        "the chain is incomplete: the certificate of an issuer is missing",
        "whether the chain is complete",
    ),
    Rule(
        "expires_soon",
        "B",
        None,
        "a certificate of the chain ends soon",
        "when the certificates of the chain end",
    ),
    Rule(
        "no_staple",
        "B",
        "A",
        "the certificate asks for an OCSP staple (must-staple), and no good one was sent",
        "whether a staple that the certificate asks for was sent",
    ),
    Rule(
        "in_clear",
        "B",
        "A",
        "http:// serves the page, or leads on, unencrypted",
        "what http:// answers",
    ),
    Rule("no_tls13", "A", "A", "TLS 1.3 is not accepted", "whether TLS 1.3 is accepted"),
    Rule(
        "static_rsa",
        "A",
        "A",
        "key exchange without forward secrecy (RSA) is accepted",
        "whether key exchange without forward secrecy (RSA) is accepted",
    ),
    Rule(
        "wrong_order",
        "A",
        "A",
        "the certificates of the chain are not in their order",
        "whether the certificates of the chain are in their order",
    ),
    Rule(
        "not_led",
        "A",
        "A",
        "http:// does not lead to https:// on the same host at once",
        "whether http:// leads to https:// on the same host at once",
    ),
    Rule(
        "no_hsts",
        "A",
        "A",
        "browsers are not told to stay encrypted (HSTS) for 180 days or more",
        "whether browsers are told to stay encrypted (HSTS)",
    ),
)
"""All rules, the hardest first."""
