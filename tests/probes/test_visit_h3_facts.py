import pytest

from probes.sample import Fault, Hop, Outcome
from probes.trace import Trace
from probes.visit.alt_svc import Alternative, AltSvc
from probes.visit.beside import Look
from probes.visit.h3_facts import Try, broken, gain, vitals, works
from probes.visit.h3_start import scope
from probes.visit.promise import Promise
from probes.wire.addresses import Scope
from probes.wire.https_record import HttpsRecord

URL = "https://site.test/"
ORIGIN = ("https", "site.test", 443)
H3 = AltSvc((Alternative("h3", None, 443),))
RECORD = HttpsRecord(1, "site.test", ("h3",))


def look(outcome=Outcome.UP, fault=None, status=200):
    trace = Trace(0.0)
    trace.hops.append(Hop(URL, status))
    return Look(outcome, fault, None, trace, None, None, None)


UP = look()
OUT_OF_ORDER = look(Outcome.DOWN, Fault.STATUS, 503)
CHALLENGED = look(Outcome.BLOCKED, Fault.BLOCKED, 403)
DEAD = look(Outcome.DOWN, Fault.CONNECT, None)

GOOD = Hop(URL, 200, protocol="h3")
BAD = Hop(URL, 503, protocol="h3")
MUTE = Hop(URL, None, protocol="h3")
UNREACHED = Hop(URL, None)
OVER_H1 = Hop("http://site.test/", 200, protocol="h1")
ELSEWHERE = Hop("https://other.test/", None)


@pytest.mark.parametrize(
    ("tried", "tcp", "wanted"),
    [
        (Try([GOOD], Outcome.UP), UP, True),
        (Try([GOOD], Outcome.UP), DEAD, True),
        # A redirect away from HTTP/3 is no answer over it.
        (Try([OVER_H1], Outcome.UP), UP, False),
        # Our own fault says nothing.
        (Try([UNREACHED], Outcome.UNKNOWN, Fault.CONNECT), UP, None),
        (Try([], Outcome.UNKNOWN, Fault.INTERNAL), UP, None),
        # No connection.
        (Try([UNREACHED], Outcome.DOWN, Fault.CONNECT), UP, False),
        (Try([UNREACHED], Outcome.DOWN, Fault.TIMEOUT), DEAD, False),
        (Try([UNREACHED], Outcome.DOWN, Fault.TLS), OUT_OF_ORDER, False),
        (Try([], Outcome.DOWN, Fault.DNS), UP, False),
        # A connection, and no answer: held against TCP.
        (Try([MUTE], Outcome.DOWN, Fault.TIMEOUT), UP, False),
        (Try([MUTE], Outcome.DOWN, Fault.TIMEOUT), DEAD, None),
        (Try([MUTE], Outcome.DOWN, Fault.PROTOCOL), OUT_OF_ORDER, None),
        # An answer that is not the page: the page's fault where TCP has it too.
        (Try([BAD], Outcome.DOWN, Fault.STATUS), UP, False),
        (Try([BAD], Outcome.DOWN, Fault.STATUS), OUT_OF_ORDER, True),
        (Try([BAD], Outcome.BLOCKED, Fault.BLOCKED), UP, None),
        (Try([BAD], Outcome.BLOCKED, Fault.BLOCKED), CHALLENGED, True),
        # Led on to another origin, which failed.
        (Try([GOOD, ELSEWHERE], Outcome.DOWN, Fault.CONNECT), UP, True),
        (Try([UNREACHED], Outcome.DOWN, Fault.REDIRECT), UP, None),
    ],
)
def test_works_is_said_only_where_the_round_says_it(tried, tcp, wanted):
    assert works(tried, ORIGIN, tcp) is wanted


@pytest.mark.parametrize(
    ("working", "promise", "tcp", "wanted"),
    [
        (False, Promise(H3, ()), UP, True),
        (False, Promise(AltSvc(), (RECORD,)), UP, True),
        (False, Promise(H3, None), UP, True),
        (False, Promise(AltSvc(), ()), UP, False),
        (False, Promise(AltSvc(), None), UP, None),
        (False, Promise(None, (RECORD,)), DEAD, None),
        (False, Promise(None, None), DEAD, None),
        (True, Promise(H3, ()), UP, False),
        (True, Promise(None, None), DEAD, False),
        (None, Promise(H3, ()), UP, None),
    ],
)
def test_broken_is_a_promise_that_was_seen_to_fail(working, promise, tcp, wanted):
    assert broken(working, promise, tcp) is wanted


def test_either_promise_is_one_and_unknown_is_not_no():
    assert Promise(AltSvc(), (RECORD,)).either is True
    assert Promise(H3).either is True
    assert Promise(AltSvc(), ()).either is False
    assert Promise(AltSvc()).either is None
    assert Promise(None, ()).either is None


def test_the_place_is_that_of_alt_svc_and_else_that_of_the_record():
    elsewhere = AltSvc((Alternative("h2", "no.test", 1), Alternative("h3", "alt.test", 8443)))
    record = HttpsRecord(2, "svc.test", ("h3",), port=444)
    assert Promise(elsewhere, (record,)).place("site.test", 443) == ("alt.test", 8443)
    assert Promise(AltSvc(), (HttpsRecord(1, "no.test", ("h2",)), record)).place("site.test", 443) == (
        "svc.test",
        444,
    )
    assert Promise(H3, (record,)).place("site.test", 443) == ("site.test", 443)
    assert Promise().place("site.test", 8443) == ("site.test", 8443)


def test_unknown_facts_are_no_figures():
    assert vitals(None, None, None) == {}
    assert vitals(True, False, None) == {"http3_advertised": 1.0, "http3_works": 0.0}


def test_the_gain_is_over_http2_where_there_is_one():
    assert gain({"h1": 0.5, "h2": 0.25, "h3": 0.125}) == 0.125
    assert gain({"h1": 0.5, "h2": None, "h3": 0.125}) == 0.375
    assert gain({"h1": None, "h2": None, "h3": 0.1}) is None
    assert gain({"h1": 0.5, "h2": 0.25, "h3": None}) is None


def test_the_scope_is_that_of_the_address_that_was_connected_to():
    assert scope([Hop(URL, address="127.0.0.1", connect=0.1)]) is Scope.LOOPBACK
    assert scope([Hop(URL, address="127.0.0.1")]) is None
    assert scope([]) is None
