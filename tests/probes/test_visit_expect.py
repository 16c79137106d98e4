"""What a visit takes for the page: status, headers and body as expected, and no shield's page."""

import gzip

import pytest
from scripted import answering, response, serve

from probes.sample import Fault, Outcome

PAGE = "<html><title>Sale</title><button>Add to cart</button> größer</html>"


async def _verdict(visit, answer, **options):
    async with serve(answering(answer)) as server:
        sample = await visit(server.url(), **options)
    return sample.outcome, sample.fault, sample.detail


@pytest.mark.parametrize(
    ("status", "wanted", "fault"),
    [
        ("200 OK", (), None),
        ("204 No Content", (), None),
        ("404 Not Found", (), Fault.STATUS),
        ("500 Broken", (), Fault.STATUS),
        ("404 Not Found", 404, None),
        ("200 OK", (201, 202), Fault.STATUS),
    ],
)
async def test_the_status_must_be_one_of_the_good_ones(visit, status, wanted, fault):
    body = b"" if status.startswith("204") else b"hello"
    outcome, seen, detail = await _verdict(visit, response(body, status=status), expect={"status": wanted})
    assert seen is fault
    assert outcome is (Outcome.DOWN if fault else Outcome.UP)
    if fault:
        assert detail.startswith(f"status {status[:3]} instead of ")


@pytest.mark.parametrize(
    ("expect", "words"),
    [
        ({"body": "Add to cart"}, None),
        ({"body": "größer"}, None),
        ({"body": "Sold out"}, "the text 'Sold out' is not in the body"),
        ({"body_regex": r"(?i)add\s+TO\s+cart"}, None),
        ({"body_regex": r"^Sold"}, "the pattern '^Sold' does not match"),
        ({"headers": {"X-Edge": "FRA"}}, None),
        ({"headers": {"x-edge": "LHR"}}, "header x-edge: 'hit FRA'"),
        ({"headers": {"X-Missing": ""}}, "header X-Missing: None"),
    ],
)
async def test_header_and_body_must_be_as_expected(visit, expect, words):
    answer = response(gzip.compress(PAGE.encode()), "Content-Encoding: gzip", "X-Edge: hit FRA")
    outcome, fault, detail = await _verdict(visit, answer, expect=expect)
    assert (outcome, fault) == ((Outcome.DOWN, Fault.CONTENT) if words else (Outcome.UP, None))
    assert words is None or words in detail


@pytest.mark.parametrize(
    ("header", "body"),
    [
        ("Content-Type: text/html; charset=windows-1251", "Купить".encode("windows-1251")),
        ("Content-Type: text/html", '<meta charset="gb18030">Купить'.encode("gb18030")),
        ("Content-Type: text/html; charset=no-such", "Купить".encode()),
        ("Content-Type: text/html; charset=rot13", "Купить".encode()),
        ("X-Nothing: here", "Купить".encode()),
    ],
)
async def test_the_body_is_read_in_its_own_charset(visit, header, body):
    outcome, _, detail = await _verdict(visit, response(body, header), expect={"body": "Купить"})
    assert outcome is Outcome.UP, detail


async def test_a_body_larger_than_allowed_is_a_fault_of_the_content(visit):
    outcome, fault, detail = await _verdict(visit, response(b"x" * 2049), max_body="2KiB")
    assert (outcome, fault, detail) == (Outcome.DOWN, Fault.CONTENT, "the body is larger than 2048 bytes")
    assert (await _verdict(visit, response(b"x" * 2048), max_body="2KiB"))[0] is Outcome.UP


async def test_a_body_that_grows_beyond_what_is_allowed_is_a_fault_of_the_content(visit):
    answer = response(gzip.compress(b"x" * 5000), "Content-Encoding: gzip")
    _, fault, detail = await _verdict(visit, answer, max_decoded="4KiB")
    assert (fault, detail) == (Fault.CONTENT, "the body decompresses to more than 4096 bytes")


@pytest.mark.parametrize("cut", [b"HTTP/1.1 500 Broken\r\nContent-Length: 100\r\n\r\nhalf"])
async def test_a_bad_status_is_the_fault_whatever_becomes_of_its_body(visit, cut):
    assert (await _verdict(visit, cut))[1] is Fault.STATUS


@pytest.mark.parametrize("pause", [5.0])
async def test_the_body_of_a_bad_answer_is_not_waited_for(visit, pause):
    script = answering(b"HTTP/1.1 503 Down\r\nContent-Length: 100\r\n\r\nhalf", pause=pause)
    async with serve(script) as server:
        sample = await visit(server.url(), timeout=4.0)
    assert (sample.fault, sample.bytes) == (Fault.STATUS, 4)


SHIELDS = [
    ("403 Forbidden", ["cf-mitigated: challenge"], b"<title>Just a moment...</title>", "Cloudflare"),
    ("503 Wait", ["Server: cloudflare"], b"<title>Just a moment...</title>", "Cloudflare"),
    ("403 Forbidden", ["Server: cloudflare"], b"error code: 1020", "Cloudflare"),
    ("403 Forbidden", ["Server: AkamaiGHost"], b"<H1>Access Denied</H1> Reference #18.1", "Akamai"),
    ("200 OK", [], b'<iframe src="/_Incapsula_Resource?SWUDNSAI=31&xinfo=1">', "Imperva"),
    ("200 OK", [], b" " * 20_000 + b"/_SEC/CP_CHALLENGE/", "Akamai"),
    ("202 Accepted", ["x-amzn-waf-action: challenge"], b"", "AWS WAF"),
    ("403 Forbidden", ["x-datadome: protected"], b"", "DataDome"),
    ("200 OK", [], b"<script>var sucuri_cloudproxy_js=''</script>", "Sucuri"),
    ("403 Forbidden", ["Server: QRATOR"], b"", "Qrator"),
    ("403 Forbidden", ["Server: ddos-guard"], b"", "DDoS-Guard"),
    ("405 No", [], b'<a href="https://errors.aliyun.com/x">', "Alibaba Cloud"),
    ("403 No", [], b'<script src="https://waf.tencent-cloud.com/a.js">', "Tencent Cloud"),
    ("429 Too Many Requests", ["Retry-After: 5"], b"slow down", "the server"),
]


@pytest.mark.parametrize(("status", "headers", "body", "shield"), SHIELDS)
async def test_a_shields_page_is_blocked_not_down_and_not_up(visit, status, headers, body, shield):
    outcome, fault, detail = await _verdict(visit, response(body, *headers, status=status))
    assert (outcome, fault) == (Outcome.BLOCKED, Fault.BLOCKED)
    assert f"of {shield} (status {status[:3]})" in detail


@pytest.mark.parametrize(
    ("status", "headers", "body", "outcome"),
    [
        ("200 OK", ["Server: cloudflare"], b"our guide to error code: 1020", Outcome.UP),
        ("200 OK", [], b"sucuri_cloudproxy_js" + b" " * 70_000, Outcome.UP),
        ("403 Forbidden", ["Server: nginx"], b"access denied", Outcome.DOWN),
        ("403 Forbidden", ["Server: cloudflare"], b"the shop's own words", Outcome.DOWN),
        ("503 Down", ["Server: cloudflare"], b"origin is down", Outcome.DOWN),
        ("404 Not Found", ["x-datadome: protected"], b"", Outcome.DOWN),
    ],
)
async def test_a_page_that_only_looks_a_little_like_a_shields_is_itself(
    visit, status, headers, body, outcome
):
    assert (await _verdict(visit, response(body, *headers, status=status)))[0] is outcome


async def test_a_page_that_has_what_is_expected_is_the_page_whatever_else_it_says(visit):
    body = b"Add to cart sucuri_cloudproxy_js"
    assert (await _verdict(visit, response(body), expect={"body": "Add to cart"}))[0] is Outcome.UP
    assert (await _verdict(visit, response(body), expect={"body": "Sold"}))[0] is Outcome.BLOCKED
    assert (await _verdict(visit, response(body)))[0] is Outcome.BLOCKED
