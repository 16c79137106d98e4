"""What a visit sends: method, headers, credentials, cookies and body, to the page and after redirects."""

import base64

import pytest
from scripted import answering, head, redirect, response, serve

from probes.sample import Fault, Outcome


def _headers(raw: bytes) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in raw.decode("latin-1").split("\r\n")[1:]:
        name, _, value = line.partition(": ")
        if name:
            found.setdefault(name.lower(), []).append(value)
    return found


def _recording(heads: list[bytes], *answers: bytes):
    """A script that keeps each request's head and body, and answers with the next of ``answers``."""

    async def script(reader, writer):
        raw = await head(reader)
        length = int(_headers(raw).get("content-length", ["0"])[0])
        heads.append(raw + await reader.readexactly(length))
        writer.write(answers[min(len(heads), len(answers)) - 1])

    return script


async def test_a_plain_visit_looks_like_a_browser_that_opens_a_page(visit):
    heads = []
    async with serve(_recording(heads, response())) as server:
        sample = await visit(server.url("/sale?utm_source=tiktok#top"))
    assert sample.outcome is Outcome.UP
    assert heads[0].startswith(b"GET /sale?utm_source=tiktok HTTP/1.1\r\n")
    sent = _headers(heads[0])
    assert sent["host"] == [f"127.0.0.1:{server.port}"]
    assert sent["accept-encoding"] == ["gzip, deflate, br, zstd"]
    assert sent["user-agent"][0].startswith("landwatch/")
    assert "cookie" not in sent
    assert "#" not in sample.hops[0].url


async def test_headers_cookies_and_body_are_sent(visit):
    heads = []
    async with serve(_recording(heads, response())) as server:
        await visit(
            server.url(),
            method="POST",
            headers={"User-Agent": "mine", "Cookie": "a=1", "X-Shop": "7"},
            cookies={"b": "2"},
            body="größe=42",
        )
    assert heads[0].startswith(b"POST / ")
    assert heads[0].endswith("größe=42".encode())
    sent = _headers(heads[0])
    assert (sent["user-agent"], sent["x-shop"], sent["cookie"]) == (["mine"], ["7"], ["a=1; b=2"])
    assert sent["content-length"] == ["10"]


async def test_basic_and_bearer_credentials_are_read_anew_at_each_visit(visit, monkeypatch, tmp_path):
    heads = []
    token = tmp_path / "token"
    async with serve(_recording(heads, response())) as server:
        monkeypatch.setenv("SHOP_PASSWORD", "s3:cret")
        basic = {"basic": {"user": "buyer", "password": {"env": "SHOP_PASSWORD"}}}
        await visit(server.url(), auth=basic)
        for secret in ("first", "second"):
            token.write_text(secret + "\n")
            await visit(server.url(), auth={"bearer": {"file": str(token)}})
    expected = "Basic " + base64.b64encode(b"buyer:s3:cret").decode()
    sent = [_headers(raw)["authorization"][0] for raw in heads]
    assert sent == [expected, "Bearer first", "Bearer second"]


async def test_a_secret_that_is_gone_is_our_own_fault(visit, monkeypatch):
    monkeypatch.delenv("SHOP_TOKEN", raising=False)
    sample = await visit("http://127.0.0.1:9/", auth={"bearer": {"env": "SHOP_TOKEN"}})
    assert (sample.outcome, sample.fault) == (Outcome.UNKNOWN, Fault.INTERNAL)
    assert "SHOP_TOKEN is not set" in sample.detail


async def test_credentials_stay_with_the_origin_that_they_are_for(visit, monkeypatch):
    monkeypatch.setenv("SHOP_TOKEN", "t")
    here, there = [], []
    async with serve(_recording(there, response())) as other:
        answers = (redirect("/next"), redirect(other.url("/landing")))
        async with serve(_recording(here, *answers)) as server:
            sample = await visit(
                server.url(),
                auth={"bearer": {"env": "SHOP_TOKEN"}},
                cookies={"own": "1"},
                headers={"X-A": "b"},
            )
    assert sample.outcome is Outcome.UP
    assert len(sample.hops) == 3
    assert [_headers(raw).get("authorization") for raw in here] == [["Bearer t"], ["Bearer t"]]
    assert "authorization" not in _headers(there[0])
    assert "cookie" not in _headers(there[0])
    assert _headers(there[0])["x-a"] == ["b"]


async def test_a_cookie_that_a_redirect_sets_is_sent_on_and_forgotten_at_the_next_visit(visit):
    heads = []
    setting = response(b"", "Location: /in", "Set-Cookie: seen=yes; Path=/", status="302 Found")
    async with serve(_recording(heads, setting, response(), response())) as server:
        first = await visit(server.url(), cookies={"own": "1"})
        await visit(server.url(), cookies={"own": "1"})
    assert len(first.hops) == 2
    assert [_headers(raw)["cookie"] for raw in heads] == [["own=1"], ["own=1; seen=yes"], ["own=1"]]


@pytest.mark.parametrize(
    ("status", "method", "then"),
    [
        ("301 Moved", "POST", b"GET"),
        ("302 Found", "POST", b"GET"),
        ("303 See Other", "PUT", b"GET"),
        ("303 See Other", "HEAD", b"HEAD"),
        ("307 Temporary", "POST", b"POST"),
        ("308 Permanent", "PUT", b"PUT"),
        ("302 Found", "PUT", b"PUT"),
    ],
)
async def test_redirects_keep_or_change_the_method_as_browsers_do(visit, status, method, then):
    heads = []
    async with serve(_recording(heads, redirect("/there", status), response(b""))) as server:
        sample = await visit(server.url(), method=method, body="x=1" if method != "HEAD" else None)
    assert sample.outcome is Outcome.UP
    assert heads[1].split(b" ")[0] == then
    assert heads[1].endswith(b"x=1") is (then in (b"POST", b"PUT"))


async def test_a_redirect_is_the_final_response_where_none_is_followed(visit):
    async with serve(answering(redirect("/there"))) as server:
        sample = await visit(server.url(), redirects=0, expect={"status": 302})
    assert (sample.outcome, sample.status, len(sample.hops)) == (Outcome.UP, 302, 1)


async def test_the_connection_serves_again_after_a_redirect_on_the_same_origin(visit):
    async def keep_alive(reader, writer):
        await head(reader)
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 4\r\n\r\ngone")
        await head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        await reader.read()

    async with serve(keep_alive) as server:
        sample = await visit(server.url())
    assert sample.outcome is Outcome.UP
    assert server.connections == 1
    first, second = sample.hops
    assert first.connect is not None
    assert (second.dns, second.connect, second.tls) == (None, None, None)
    assert second.address == "127.0.0.1"
    assert sample.ttfb == pytest.approx(first.connect + first.wait + first.transfer + second.wait)


async def test_a_client_certificate_is_shown(visit, authority):
    import ssl

    own = authority.leaf("client.test")
    context = authority.leaf("127.0.0.1").context("http/1.1")
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(authority.ca_file)
    async with serve(answering(response()), tls=context) as server:
        options = {"ca": str(authority.ca_file)}
        without = await visit(server.url(), **options)
        certificate = {"certificate": str(own.certificate), "key": str(own.key)}
        shown = await visit(server.url(), client_certificate=certificate, **options)
    assert shown.outcome is Outcome.UP
    assert without.outcome is Outcome.DOWN
    assert without.fault in (Fault.TLS, Fault.PROTOCOL)
