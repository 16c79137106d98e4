"""Messages through the real library to real receivers on this machine, and what is said of failures."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from receiving import mail_server, webhook

from monitor.notify import address
from monitor.notify.address import DeliveryFailed, Message, problem_of, send
from monitor.notify.redact import redacted

ROOT = Path(__file__).parents[3]
MESSAGE = Message("landwatch: shop/sale is down", "shop/sale is down.\nWhy: <b>timeout</b> & more", "failure")


def closed_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_a_webhook_gets_the_message_as_it_is() -> None:
    with webhook() as hook:
        send(hook.url, MESSAGE)
    (got,) = hook.got
    assert (got["title"], got["message"], got["type"]) == (MESSAGE.title, MESSAGE.body, "failure")


def test_a_mail_gets_the_message_with_its_title_as_the_subject() -> None:
    with mail_server() as box:
        send(box.url, MESSAGE)
    (mail,) = box.got
    assert mail["Subject"] == MESSAGE.title
    assert mail["To"] == "buyer@shop.example"
    parts = {part.get_content_type(): part.get_payload(decode=True) for part in mail.walk()}
    text = parts.get("text/plain") or parts["text/html"]
    assert b"is down" in text  # type: ignore[operator]
    assert b"github" not in mail.as_bytes()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("json://127.0.0.1/hook", None),
        ("mailtos://user:hunter2@mail.example.net", None),
        ("https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", None),
        ("hunter2", "it does not begin with a service: write one such as mailtos://"),
        ("mailtoo://user:hunter2@b.example", "no service is called 'mailtoo': did you mean 'mailto'?"),
        ("zzqqxx://hunter2", "no service is called 'zzqqxx': write one such as"),
        ("slack://hunter2", "it is no complete address of slack: see what apprise asks for"),
    ],
)
def test_an_address_that_cannot_be_sent_to_is_told_without_any_part_of_it(
    url: str, words: str | None
) -> None:
    problem = problem_of(url)
    if words is None:
        assert problem is None
        return
    assert problem is not None
    assert words in problem
    assert "hunter2" not in problem
    with pytest.raises(DeliveryFailed, match="the address is not one that can be sent to"):
        send(url, MESSAGE)


def test_a_refusal_says_why_and_hides_the_address(capfd: pytest.CaptureFixture[str]) -> None:
    with webhook() as hook:
        hook.status = 403
        with pytest.raises(DeliveryFailed, match="error=403") as caught:
            send(hook.url, MESSAGE)
    assert "t0ken" not in str(caught.value)
    said = capfd.readouterr()
    assert "t0ken" not in said.out + said.err


def test_nobody_there_is_said_without_the_host() -> None:
    url = f"json://user:hunter2@127.0.0.1:{closed_port()}/services/s3cret-path?format=text"
    with pytest.raises(DeliveryFailed, match="A Connection error occurred") as caught:
        send(url, MESSAGE)
    assert not any(word in str(caught.value) for word in ("hunter2", "127.0.0.1", "s3cret-path"))


def test_mail_that_nobody_takes_is_said_too() -> None:
    with pytest.raises(DeliveryFailed) as caught:
        send(f"mailto://user:hunter2@127.0.0.1:{closed_port()}?from=a@b.example&mode=insecure", MESSAGE)
    assert str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_bug_of_a_service_is_a_failure_and_shows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    library = address._library()

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("at json://127.0.0.1/hook-t0ken")

    monkeypatch.setattr(library.Apprise, "notify", broken)
    with pytest.raises(DeliveryFailed, match=r"RuntimeError\('at ") as caught:
        send("json://127.0.0.1/hook-t0ken", MESSAGE)
    assert "t0ken" not in str(caught.value)
    monkeypatch.setattr(library.Apprise, "instantiate", broken)
    with pytest.raises(DeliveryFailed, match="not one that can be sent to"):
        send("json://127.0.0.1/hook-t0ken", MESSAGE)


def test_what_the_library_logs_stays_with_it() -> None:
    address._library()
    for name in ("apprise", "requests", "urllib3"):
        assert logging.getLogger(name).propagate is False


def test_a_failure_is_told_in_few_words() -> None:
    assert address._words([], "json://a") == "the service did not take it"
    assert len(address._words(["word " * 500], "json://a")) == address.LONGEST
    assert address._words(["twice\n said", "twice said"], "json://a") == "twice said"


@pytest.mark.parametrize(
    ("url", "said", "left"),
    [
        ("tgram://12345:AbC-token/99/", "sent to 12345:abc-TOKEN in 99", "sent to ***:*** in ***"),
        ("mailto://me%40x.example:p%40ss@smtp", "me@x.example p@ss p%40ss", "*** *** ***"),
        ("json://u:a@h.example/x?k=v", "a bad answer of h.example", "*** bad answer of ***"),
        ("token-alone", "token-alone failed", "*** failed"),
        ("slack://Tok/en", "nothing here", "nothing here"),
    ],
)
def test_no_part_of_an_address_is_left_however_it_is_written(url: str, said: str, left: str) -> None:
    assert redacted(said, url) == left


def test_the_library_is_loaded_only_where_something_is_sent() -> None:
    """A second of CPU and 30 MB, which who configures no channel does not pay."""
    code = (
        "import sys, monitor.daemon, monitor.cli.notify; from monitor.config import parse;"
        "parse('region: a\\nvendors: [{name: a, pages: [{name: b, url: https://a.example/}]}]');"
        "print('apprise' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_redirect_is_not_followed() -> None:
    with webhook() as hook:
        hook.status = 302
        with pytest.raises(DeliveryFailed, match="error=302"):
            send(hook.url, MESSAGE)
    assert hook.asked == 1
