import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.wire.addresses import Address, Scope, may_follow, scope

SCOPES = [
    ("198.41.0.4", Scope.PUBLIC),
    ("2001:503:ba3e::2:30", Scope.PUBLIC),
    ("10.1.2.3", Scope.PRIVATE),
    ("192.168.0.1", Scope.PRIVATE),
    ("100.64.0.1", Scope.PRIVATE),
    ("fd12::1", Scope.PRIVATE),
    ("127.0.0.1", Scope.LOOPBACK),
    ("::1", Scope.LOOPBACK),
    ("169.254.169.254", Scope.LINK_LOCAL),
    ("fe80::1%eth0", Scope.LINK_LOCAL),
    ("100.100.100.200", Scope.LINK_LOCAL),
    ("fd00:ec2::254", Scope.LINK_LOCAL),
    ("0.0.0.0", Scope.RESERVED),
    ("::", Scope.RESERVED),
    ("224.0.0.1", Scope.RESERVED),
    ("255.255.255.255", Scope.RESERVED),
    ("::ffff:127.0.0.1", Scope.LOOPBACK),
    ("::127.0.0.1", Scope.LOOPBACK),
    ("::ffff:10.0.0.1", Scope.PRIVATE),
    ("64:ff9b::169.254.169.254", Scope.LINK_LOCAL),
    ("64:ff9b::198.41.0.4", Scope.PUBLIC),
    ("64:ff9b:1::10.0.0.1", Scope.PRIVATE),
    ("2002:7f00:1::", Scope.LOOPBACK),
]


@pytest.mark.parametrize(("text", "expected"), SCOPES)
def test_an_address_is_of_the_scope_that_it_reaches(text, expected):
    assert Address.parse(text).scope is expected


@given(st.ip_addresses(v=4))
def test_wrapping_an_ipv4_address_does_not_change_its_scope(ip):
    for prefix in ("::ffff:0:0", "64:ff9b::"):
        wrapped = ipaddress.IPv6Address(int(ipaddress.IPv6Address(prefix)) | int(ip))
        assert scope(wrapped) is scope(ip)


@given(st.ip_addresses())
def test_a_redirect_from_a_public_page_is_followed_to_public_addresses_only(ip):
    address = Address.parse(str(ip))
    assert may_follow(address, Scope.PUBLIC, ()) is (address.scope is Scope.PUBLIC)


def test_a_redirect_is_followed_within_the_scope_of_the_page_but_not_to_another():
    loopback, metadata = Address.parse("127.0.0.2"), Address.parse("169.254.169.254")
    assert may_follow(loopback, Scope.LOOPBACK, ())
    assert not may_follow(metadata, Scope.LOOPBACK, ())
    assert not may_follow(loopback, Scope.PRIVATE, ())


def test_a_network_that_the_config_allows_is_followed_to():
    allowed = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8"))
    assert may_follow(Address.parse("10.1.2.3"), Scope.PUBLIC, allowed)
    assert not may_follow(Address.parse("192.168.1.1"), Scope.PUBLIC, allowed)


def test_a_name_is_no_address():
    assert Address.parse("www.example.com") is None
