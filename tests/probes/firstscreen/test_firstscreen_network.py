from __future__ import annotations

from typing import Any

import pytest

from probes.firstscreen.network import Network

WALL, ZERO = 1_700_000_000.0, 500.0


def sent(network: Network, name: str, at: float, url: str = "http://page.test/", **facts: Any) -> None:
    event = {
        "requestId": name,
        "type": "Document",
        "frameId": "main",
        "timestamp": ZERO + at,
        "wallTime": WALL + at,
        "request": {"url": url, "method": "GET", "headers": {"Accept": "*/*"}},
    }
    network.sent(event | facts)


def ended(network: Network, name: str, at: float, size: int = 10) -> None:
    network.finished({"requestId": name, "timestamp": ZERO + at, "encodedDataLength": size})


@pytest.fixture
def network() -> Network:
    begun = Network("main")
    sent(begun, "1", 0.0)
    return begun


def response(**facts: Any) -> dict[str, Any]:
    return {"status": 200, "protocol": "h2", "remoteIPAddress": "192.0.2.1", "mimeType": "text/html"} | facts


def test_a_visit_begins_with_the_first_request_for_its_document() -> None:
    network = Network("main")
    assert network.wall is None
    sent(network, "0", 0.0, type="Image")
    sent(network, "0", 0.0, frameId="another")
    assert network.requests == []
    sent(network, "1", 2.0)
    assert network.wall == WALL + 2.0
    assert (network.requests[0].started, network.requests[0].main) == (0.0, True)
    assert network.since_start(ZERO + 3.0) == 1.0


def test_what_a_response_says_is_kept(network: Network) -> None:
    head = response(headers={"Server": "x"}, timing={"requestTime": 500.1, "dnsStart": -1, "note": "text"})
    network.responded({"requestId": "1", "timestamp": ZERO + 0.2, "response": head})
    ended(network, "1", 0.3, 1234)
    [request] = network.requests
    assert (request.status, request.protocol, request.address, request.mime) == (
        200,
        "h2",
        "192.0.2.1",
        "text/html",
    )
    assert (request.responded, request.ended, request.bytes) == (pytest.approx(0.2), pytest.approx(0.3), 1234)
    assert (request.timing, request.sent) == ({"dnsStart": -1.0}, pytest.approx(0.1))
    assert request.request_headers == {"Accept": "*/*"}
    assert request.response_headers == {"Server": "x"}


def test_a_redirect_ends_one_request_and_begins_the_next(network: Network) -> None:
    answered = response(status=302, headers={"Location": "/b"})
    sent(network, "1", 0.4, "http://page.test/b", redirectResponse=answered)
    first, second = network.requests
    assert (first.status, first.ended, first.redirected) == (302, pytest.approx(0.4), True)
    assert (second.url, second.ended, second.redirected) == ("http://page.test/b", None, False)
    assert network.pending() == [second]


def test_a_request_that_failed_says_why(network: Network) -> None:
    network.failed({"requestId": "1", "timestamp": ZERO + 1.0, "errorText": "net::ERR_FAILED"})
    assert (network.requests[0].failed, network.pending()) == ("net::ERR_FAILED", [])
    sent(network, "2", 1.0, type="Image")
    network.failed({"requestId": "2", "timestamp": ZERO + 1.0, "errorText": "", "blockedReason": "csp"})
    assert network.requests[1].failed == "csp"


def test_a_cache_is_told_from_the_network(network: Network) -> None:
    network.served_from_cache({"requestId": "1"})
    assert network.requests[0].cached


def test_events_of_requests_that_nobody_saw_begin_are_passed_over(network: Network) -> None:
    network.responded({"requestId": "9", "timestamp": ZERO, "response": response()})
    network.served_from_cache({"requestId": "9"})
    ended(network, "9", 1.0)
    network.failed({"requestId": "9", "timestamp": ZERO})
    assert len(network.requests) == 1


def test_a_request_made_again_and_again_is_a_poll_and_stirs_nothing(network: Network) -> None:
    ended(network, "1", 0.1)
    for number in range(2, 9):
        sent(network, str(number), float(number), f"http://page.test/poll?{number}", type="XHR")
        ended(network, str(number), number + 0.1)
    assert network.stirred == pytest.approx(0.1)
    assert network.causes() == pytest.approx([0.1, 2.1, 3.1, 4.1])
    sent(network, "9", 9.0, "http://page.test/poll?9", type="XHR")
    assert network.pending() == []


def test_a_document_is_never_a_poll(network: Network) -> None:
    for number in range(2, 7):
        sent(network, str(number), float(number))
    assert len(network.pending()) == 6
    assert network.stirred == 6.0


def test_reports_and_images_that_nobody_sees_are_not_waited_for(network: Network) -> None:
    ended(network, "1", 0.1)
    sent(network, "2", 1.0, "http://page.test/beacon", type="Ping")
    sent(network, "3", 2.0, "http://page.test/deep.png", type="Image")
    assert [one.id for one in network.pending()] == ["3"]
    network.set_aside(["http://page.test/deep.png"])
    assert network.pending() == []
    assert network.stirred == pytest.approx(0.1)
    ended(network, "2", 3.0)
    assert network.causes() == pytest.approx([0.1])


def test_headers_that_are_none_are_no_headers(network: Network) -> None:
    network.responded({"requestId": "1", "timestamp": ZERO, "response": response(headers=None)})
    assert network.requests[0].response_headers == {}


def test_requests_and_headers_are_bounded(network: Network) -> None:
    for number in range(2, 2400):
        sent(network, str(number), 1.0, f"http://page.test/{number}", type="Image")
    assert network.truncated
    assert len(network.requests) == 2000
    network.set_aside(str(number) for number in range(3000))
    network.set_aside(["http://page.test/2"])
    assert "http://page.test/2" in {one.url for one in network.pending()}
    many = {f"n{number}": "x" * 9000 for number in range(300)}
    network.responded({"requestId": "1", "timestamp": ZERO, "response": response(headers=many)})
    kept = network.requests[0].response_headers
    assert (len(kept), {len(value) for value in kept.values()}) == (100, {4000})
