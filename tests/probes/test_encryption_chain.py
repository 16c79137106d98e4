"""Chains of every make: where they lead, when they end, what is weak in them and whom they are for."""

from __future__ import annotations

import ipaddress
from datetime import timedelta
from pathlib import Path

import pytest
from chains import NOW, Made, make, over_sha1
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa

from probes.encryption.certificate import covers, key_name, must_staple, names_of, signature_name
from probes.encryption.chain import Chain, read_chain
from probes.encryption.findings import Seen, findings
from probes.encryption.roots import Roots, roots
from probes.encryption.staple import Staple

ROOT = make("Root", authority=True, days=4000)
MIDDLE = make("Middle", ROOT, authority=True, days=900)
LEAF = make("site.test", MIDDLE)
TRUSTED = Roots([ROOT.certificate])
NOBODY = Roots([])


def chain(*made: Made, trusting: Roots = TRUSTED) -> Chain:
    read = read_chain([each.der for each in made], trusting)
    assert read is not None
    return read


def test_a_good_chain() -> None:
    read = chain(LEAF, MIDDLE)
    assert (read.complete, read.anchored, read.ordered, read.self_signed) == (True, True, True, False)
    assert [read.weak_signatures, read.small_keys, read.problems("site.test", NOW)] == [[], [], []]
    assert read.days_left(NOW) == 60
    assert read.issuer == MIDDLE.certificate
    facts = read.facts(NOW)
    assert (facts["key"], facts["signature"]) == ("EC secp256r1", "ECDSA_WITH_SHA256")
    assert [each["subject"] for each in facts["sent"]] == ["site.test", "Middle"]


def test_a_root_that_is_sent_along_changes_nothing() -> None:
    read = chain(LEAF, MIDDLE, ROOT)
    assert (read.complete, read.anchored, read.ordered) == (True, True, True)
    assert read.path == chain(LEAF, MIDDLE).path


def test_without_its_middle_it_is_incomplete() -> None:
    leaf = make("site.test", MIDDLE, issuer_at="http://ca.test/middle.der")
    read = chain(leaf)
    assert (read.complete, read.anchored, read.issuer) == (False, False, None)
    (problem,) = read.problems("site.test", NOW)
    assert "issuer Middle was not sent" in problem


def test_where_the_issuer_may_be_a_root_of_its_own_it_is_not_called_incomplete() -> None:
    assert chain(LEAF).complete is None


def test_an_intermediate_that_only_we_have_does_not_make_it_complete() -> None:
    read = chain(LEAF, trusting=Roots([ROOT.certificate, MIDDLE.certificate]))
    assert (read.complete, read.anchored) == (False, True)


def test_a_root_that_nobody_knows() -> None:
    read = chain(LEAF, MIDDLE, ROOT, trusting=NOBODY)
    assert (read.complete, read.anchored) == (True, False)
    assert read.problems("site.test", NOW) == ["its root Root is not trusted"]


def test_one_that_vouches_for_itself() -> None:
    read = chain(make("site.test"), trusting=NOBODY)
    assert (read.self_signed, read.anchored, read.complete) == (True, False, True)
    assert read.problems("site.test", NOW) == ["it is self-signed"]


def test_the_wrong_order_is_seen_and_costs_nothing_else() -> None:
    upper = make("Upper", ROOT, authority=True)
    lower = make("Lower", upper, authority=True)
    read = chain(make("site.test", lower), upper, lower)
    assert (read.complete, read.anchored, read.ordered) == (True, True, False)
    assert chain(LEAF, make("Other", ROOT, authority=True), MIDDLE).ordered is False
    assert chain(LEAF, MIDDLE, make("Other", ROOT, authority=True)).ordered is True


def test_the_soonest_end_is_that_of_any_certificate_that_counts() -> None:
    middle = make("Middle", ROOT, authority=True, days=5)
    assert chain(make("site.test", middle, days=60), middle).days_left(NOW) == 5
    # An old twin of a root, signed by another one that has ended, does no harm.
    twin = make("Root", make("Elder", authority=True), key=ROOT.key, authority=True, days=-3)
    read = chain(LEAF, MIDDLE, twin)
    assert (read.days_left(NOW), read.problems("site.test", NOW)) == (60, [])


def test_dates_that_do_not_hold() -> None:
    assert chain(LEAF, MIDDLE).problems("site.test", NOW + timedelta(days=61)) == [
        f"site.test expired on {NOW + timedelta(days=60):%Y-%m-%d}"
    ]
    early = make("site.test", MIDDLE, begun=-2)
    assert chain(early, MIDDLE).problems("site.test", NOW) == [
        f"site.test is not valid before {NOW + timedelta(days=2):%Y-%m-%d}"
    ]
    assert chain(LEAF, MIDDLE).days_left(NOW + timedelta(days=61)) == -1


@pytest.mark.parametrize(
    ("key", "name", "small"),
    [
        (rsa.generate_private_key(65537, 1024), "RSA 1024", True),
        (rsa.generate_private_key(65537, 2048), "RSA 2048", False),
        (ec.generate_private_key(ec.SECP224R1()), "EC secp224r1", True),
        (ec.generate_private_key(ec.SECP384R1()), "EC secp384r1", False),
        (ed25519.Ed25519PrivateKey.generate(), "Ed25519", False),
        (dsa.generate_private_key(1024), "DSA", True),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_keys(key, name: str, small: bool) -> None:
    read = chain(make("site.test", MIDDLE, key=key), MIDDLE)
    assert key_name(read.leaf) == name
    assert read.small_keys == ([name] if small else [])


def test_a_small_key_above_counts_too() -> None:
    middle = make("Middle", ROOT, authority=True, key=rsa.generate_private_key(65537, 1024))
    assert chain(make("site.test", middle), middle).small_keys == ["RSA 1024"]


def test_sha1_is_weak_but_in_a_roots_own_signature() -> None:
    signer = make("Signer", authority=True, key=rsa.generate_private_key(65537, 2048))
    trusting = Roots([signer.certificate])
    middle = make("Middle", signer, authority=True)
    weak = over_sha1(middle, signer)
    leaf = make("site.test", middle)
    assert chain(leaf, middle, trusting=trusting).weak_signatures == []
    assert chain(leaf, weak, trusting=trusting).weak_signatures == ["RSA_WITH_SHA1"]
    assert chain(over_sha1(make("site.test", signer), signer)).weak_signatures == ["RSA_WITH_SHA1"]
    root = over_sha1(signer, signer)
    assert chain(leaf, middle, root, trusting=NOBODY).weak_signatures == []


def test_signatures_by_name() -> None:
    assert signature_name(LEAF.certificate) == "ECDSA_WITH_SHA256"
    made = make("site.test", key=ed25519.Ed25519PrivateKey.generate())
    assert signature_name(made.certificate) == "ED25519"


def test_a_key_of_an_unknown_kind_is_not_called_large_enough() -> None:
    made = make("site.test", key=ed25519.Ed25519PrivateKey.generate())
    der = made.der.replace(bytes.fromhex("06032b6570"), bytes.fromhex("06032b657f"))
    read = read_chain([der], NOBODY)
    assert read is not None
    assert (key_name(read.leaf), signature_name(read.leaf)) == ("unknown", "1.3.101.127")
    seen = Seen("site.test", NOW, 14, chain=read, staple=Staple())
    assert findings(seen)["small_key"].broken is None


@pytest.mark.parametrize(
    ("name", "host", "holds"),
    [
        ("site.test", "site.test", True),
        ("site.test", "SITE.test.", True),
        ("site.test", "www.site.test", False),
        ("*.site.test", "www.site.test", True),
        ("*.site.test", "site.test", False),
        ("*.site.test", "a.b.site.test", False),
        ("*", "test", False),
        ("w*.site.test", "www.site.test", False),
        ("site.test", "127.0.0.1", False),
    ],
)
def test_whom_a_name_covers(name: str, host: str, holds: bool) -> None:
    made = make("x", names=[x509.DNSName(name)])
    assert covers(made.certificate, host) is holds


def test_addresses_are_covered_by_addresses_only() -> None:
    made = make("x", names=[x509.IPAddress(ipaddress.ip_address("2001:db8::1")), x509.DNSName("site.test")])
    assert covers(made.certificate, "2001:db8:0::1")
    assert not covers(made.certificate, "2001:db8::2")
    assert names_of(made.certificate) == ["site.test", "2001:db8::1"]


def test_a_certificate_without_names_is_for_nobody() -> None:
    made = make("site.test", MIDDLE, names=[])
    assert not covers(made.certificate, "site.test")
    (problem,) = chain(made, MIDDLE).problems("site.test", NOW)
    assert problem == "it is not for site.test but for no name at all"


def test_must_staple_is_a_feature_of_the_certificate() -> None:
    feature = x509.TLSFeature([x509.TLSFeatureType.status_request])
    assert must_staple(make("site.test", extensions=[feature]).certificate)
    assert not must_staple(LEAF.certificate)


def test_what_cannot_be_read_is_no_chain() -> None:
    assert read_chain([], TRUSTED) is None
    assert read_chain([b"nothing"], TRUSTED) is None
    read = read_chain([LEAF.der, b"nothing", MIDDLE.der], TRUSTED)
    assert read is not None
    assert read.anchored


def test_certificates_that_vouch_for_each_other_end_somewhere() -> None:
    one = make("One", authority=True)
    two = make("Two", one, authority=True)
    again = make("One", two, key=one.key, authority=True)
    read = chain(make("site.test", again), again, two, trusting=NOBODY)
    assert len(read.path) == 3
    assert read.anchored is False


def test_roots_are_mozillas_and_those_of_a_file(tmp_path: Path) -> None:
    own = tmp_path / "ca.pem"
    own.write_bytes(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" + ROOT.pem)
    assert roots(own).of(ROOT.certificate.subject) == [ROOT.certificate]
    assert roots(None).of(ROOT.certificate.subject) == []
    assert sum(map(len, roots(None)._by_subject.values())) > 100
    (tmp_path / "none.pem").write_text("nothing")
    with pytest.raises(ValueError, match="no certificate"):
        roots(tmp_path / "none.pem")
