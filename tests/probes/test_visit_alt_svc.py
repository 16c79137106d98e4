import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.visit.alt_svc import (
    DEFAULT_MA,
    MOST_ALTERNATIVES,
    Alternative,
    AltSvc,
    alt_svc,
    parse_alt_svc,
)
from probes.wire.exchange import Head


def _only(text: str) -> Alternative:
    (alternative,) = parse_alt_svc(text).alternatives
    return alternative


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('h3=":443"', Alternative("h3", None, 443, DEFAULT_MA)),
        ('h3=":443"; ma=2592000', Alternative("h3", None, 443, 2_592_000)),
        ('h3=":443";ma=60;persist=1', Alternative("h3", None, 443, 60, persist=True)),
        ('h3=":443"; persist=2', Alternative("h3", None, 443)),
        ('h3=":443"; MA="60"', Alternative("h3", None, 443, 60)),
        ('h3="Alt.Example.COM:8443"', Alternative("h3", "alt.example.com", 8443)),
        ('h3="[2001:db8::1]:8443"', Alternative("h3", "2001:db8::1", 8443)),
        ('h2="alt.example.com:80"', Alternative("h2", "alt.example.com", 80)),
        ('w%3Dx%3Ay#z=":443"', Alternative("w=x:y#z", None, 443)),
        ('x%25y=":443"', Alternative("x%y", None, 443)),
        ('h3=":443"; v="1, \\"2;3\\""; ma=60', Alternative("h3", None, 443, 60)),
        (' \th3=":443" ;\tma=60 ; ', Alternative("h3", None, 443, 60)),
        ('h3=":443"; ma=00000000000060', Alternative("h3", None, 443, 60)),
        ('h3=":443"; ma=99999999999999', Alternative("h3", None, 443, 2**31)),
        ('h3=":443"; ma=1; ma=2', Alternative("h3", None, 443, 1)),
        ('h3="alt\\.example.com:1"', Alternative("h3", "alt.example.com", 1)),
    ],
)
def test_a_value_is_read_as_the_rfc_has_it(text, wanted):
    assert _only(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "h3", "h3=", "h3=:443", 'h3="443"', 'h3=":0"', 'h3=":65536"', 'h3=":-1"', 'h3=":443', '=":443"',
        'h 3=":443"', 'h%3=":443"', 'h%zz=":443"', 'h3=":443"; ma=x', 'h3=":443"; ma', 'h3=":443"; ma=-1',
        'h3=":443"; =1', 'h3="[::1:443"', 'h3="::1:443"', 'h3="[1.2.3.4]:443"', 'h3="[::zz]:443"',
        'h3="a b:443"', 'h3=":443"x', 'h3="a"b:443"', 'h3=":443\\"', "Clear", 'clear; ma=1', 'h3="user@a:1"',
        'h3 =":443"',
    ],
)  # fmt: skip
def test_a_value_that_breaks_the_grammar_is_counted_and_passed_over(text):
    assert parse_alt_svc(text) == AltSvc(malformed=1)
    # It takes none of its neighbours with it, unless it opens a quotation that never ends.
    if text.replace('\\"', "").count('"') % 2 == 0:
        assert parse_alt_svc(f'h2=":1",{text} , h3=":2"').alternatives == (
            Alternative("h2", None, 1),
            Alternative("h3", None, 2),
        )


def test_values_keep_the_origins_order_over_several_headers():
    headers = ((b"alt-svc", b'h2="a:1", h3-29=":2"'), (b"server", b"x"), (b"alt-svc", b'h3="b:3", h3=":4"'))
    found = alt_svc(Head(200, headers, 0.0, 0.0, None))
    assert [(each.protocol, each.port) for each in found.alternatives] == [
        ("h2", 1), ("h3-29", 2), ("h3", 3), ("h3", 4),
    ]  # fmt: skip
    assert found.h3 == Alternative("h3", "b", 3)
    assert alt_svc(Head(200, ((b"server", b"x"),), 0.0, 0.0, None)) == AltSvc()


@pytest.mark.parametrize("text", ['h3-29=":443"', 'H3=":443"', 'h2=":443"', 'hq=":443"', 'h3=":443"; ma=0'])
def test_only_h3_for_some_time_leads_to_http3(text):
    assert len(parse_alt_svc(text).alternatives) == 1
    assert parse_alt_svc(text).h3 is None


@pytest.mark.parametrize("text", ["clear", 'h3=":443", clear', ' clear , h3=":443"'])
def test_clear_takes_all_back(text):
    assert parse_alt_svc(text) == AltSvc(cleared=True)


def test_how_much_is_read_is_bounded():
    assert len(parse_alt_svc('h3=":443",' * 1000).alternatives) == MOST_ALTERNATIVES
    assert parse_alt_svc('h3=":443"' + "; a=b" * 100 + "; ma=5").alternatives[0].ma == DEFAULT_MA
    assert parse_alt_svc(" " * 20_000 + 'h3=":443"') == AltSvc()


def test_an_alternative_is_plain_evidence():
    assert _only('h3="a:1"; persist=1').evidence() == {
        "protocol": "h3", "host": "a", "port": 1, "ma": DEFAULT_MA, "persist": True,
    }  # fmt: skip


@given(st.text(alphabet=st.one_of(st.sampled_from('h3=":;,\\ma[]%0clear'), st.characters()), max_size=200))
def test_nothing_makes_it_raise(text):
    found = parse_alt_svc(text)
    assert not (found.cleared and found.alternatives)
    assert all(0 < each.port < 65_536 and 0 <= each.ma <= 2**31 for each in found.alternatives)


_names = st.text("abcdefghijklmnopqrstuvwxyz0123456789-.", min_size=1, max_size=30)
_alternatives = st.builds(
    Alternative,
    protocol=st.text(st.characters(max_codepoint=255), min_size=1, max_size=10),
    host=st.one_of(st.none(), _names, st.ip_addresses(v=6).map(str)),
    port=st.integers(1, 65_535),
    ma=st.integers(0, 2**31),
    persist=st.booleans(),
)


def _written(one: Alternative) -> str:
    name = "".join(
        letter if letter.isascii() and letter.isalnum() else f"%{ord(letter):02X}" for letter in one.protocol
    )
    host = f"[{one.host}]" if one.host and ":" in one.host else one.host or ""
    return f'{name}="{host}:{one.port}"; ma={one.ma}' + ("; persist=1" if one.persist else "")


@given(st.lists(_alternatives, max_size=5))
def test_what_is_written_by_the_grammar_is_read_back(alternatives):
    found = parse_alt_svc(", ".join(map(_written, alternatives)))
    assert found == AltSvc(tuple(alternatives))
