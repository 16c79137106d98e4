from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from probes.firstscreen.capture import Capture, Request
from probes.firstscreen.result import Vitals
from probes.keepsake.har import LEFT_OUT, har

TIMING = {
    "dnsStart": 1.0,
    "dnsEnd": 3.0,
    "connectStart": 3.0,
    "connectEnd": 13.0,
    "sslStart": 6.0,
    "sslEnd": 13.0,
    "sendStart": 13.5,
    "sendEnd": 14.0,
    "receiveHeadersEnd": 114.0,
}


def request(**more: Any) -> Request:
    values: dict[str, Any] = {
        "id": "1",
        "url": "https://www.example.com/?a=1&b=",
        "kind": "Document",
        "method": "GET",
        "started": 0.0,
        "ended": 0.15,
        "status": 200,
        "protocol": "h2",
        "address": "[2001:db8::1]",
        "mime": "text/html",
        "bytes": 1234,
        "timing": TIMING,
        "sent": 0.002,
    }
    return Request(**{**values, **more})


def archive(*requests: Request, vitals: Vitals | None = None) -> dict[str, Any]:
    capture = Capture(
        "https://www.example.com/", 1_700_000_000.5, 412, 823, requests=list(requests), load=0.4
    )
    log: dict[str, Any] = json.loads(har(capture, vitals, ("headless shell", "156.0")))["log"]
    return log


def test_an_entry_has_what_the_format_asks_for() -> None:
    log = archive(request())
    assert (log["version"], log["browser"]) == ("1.2", {"name": "headless shell", "version": "156.0"})
    (entry,) = log["entries"]
    assert entry["pageref"] == log["pages"][0]["id"]
    assert datetime.fromisoformat(entry["startedDateTime"]).timestamp() == 1_700_000_000.5
    assert entry["request"]["httpVersion"] == "HTTP/2.0"
    assert entry["request"]["queryString"] == [{"name": "a", "value": "1"}, {"name": "b", "value": ""}]
    assert entry["response"]["status"] == 200
    assert entry["response"]["content"]["mimeType"] == "text/html"
    assert entry["serverIPAddress"] == "2001:db8::1"
    assert log["pages"][0]["pageTimings"]["onLoad"] == 400


def test_phases_are_milliseconds_and_add_up_to_the_whole() -> None:
    (entry,) = archive(request())["entries"]
    timings = {name: round(took, 3) for name, took in entry["timings"].items()}
    assert timings == {
        "blocked": 3.0,  # 2 ms until it was sent, 1 ms until the look-up began
        "dns": 2.0,
        "connect": 10.0,
        "ssl": 7.0,
        "send": 0.5,
        "wait": 100.0,
        "receive": 34.0,
    }
    assert round(entry["time"], 3) == 149.5  # ssl is part of connect; half a millisecond lay before sending


def test_phases_that_did_not_happen_are_minus_one() -> None:
    used_again = {"sendStart": 0.1, "sendEnd": 0.2, "receiveHeadersEnd": 5.0, "dnsStart": -1.0}
    (entry,) = archive(request(timing=used_again))["entries"]
    assert [entry["timings"][name] for name in ("dns", "connect", "ssl")] == [-1, -1, -1]
    (failed,) = archive(
        request(timing={}, sent=None, ended=None, status=None, failed="net::ERR_FAILED", address=None)
    )["entries"]
    assert failed["response"]["status"] == 0
    assert failed["response"]["_error"] == "net::ERR_FAILED"
    assert failed["timings"]["receive"] == 0
    assert "serverIPAddress" not in failed


def test_what_gives_somebodys_rights_away_is_left_out() -> None:
    headers = {"Cookie": "session=1", "Authorization": "Bearer x", "Accept": "*/*"}
    (entry,) = archive(request(request_headers=headers, response_headers={"set-cookie": "s=1"}))["entries"]
    sent = {one["name"]: one["value"] for one in entry["request"]["headers"]}
    assert sent == {"Cookie": LEFT_OUT, "Authorization": LEFT_OUT, "Accept": "*/*"}
    assert entry["response"]["headers"] == [{"name": "set-cookie", "value": LEFT_OUT}]


def test_a_redirect_names_where_it_led() -> None:
    first = request(status=302, redirected=True)
    second = request(url="https://www.example.com/there", started=0.2)
    other = request(id="2", url="https://www.example.com/x.css")
    entries = archive(first, other, second)["entries"]
    assert [entry["response"]["redirectURL"] for entry in entries] == [second.url, "", ""]


def test_the_figures_stand_beside_the_pages_times() -> None:
    vitals = Vitals(1.25, 1.2, 1.25, 0.0, 0.5, 1.0, 0.9, 0.0, 0.0, False, None)
    times = archive(request(), vitals=vitals)["pages"][0]["pageTimings"]
    assert (times["_firstScreen"], times["_largestContentfulPaint"]) == (1250, 1000)


def test_a_query_of_too_many_fields_is_left_out() -> None:
    (entry,) = archive(request(url="https://www.example.com/?" + "a=1&" * 500))["entries"]
    assert entry["request"]["queryString"] == []
