"""``landwatch check`` as a user calls it: a process of its own against a real server."""

import asyncio
import json
import os
import sys

import pytest
import typer
from scripted import answering, redirect, refused_port, response, serve

from probes.sample import Outcome, Sample


async def _check(*arguments: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "monitor.cli.main", "check", *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "COLUMNS": "120"},
    )  # fmt: skip
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def test_a_good_page_is_shown_with_its_hops_and_targets(authority):
    leaf = authority.leaf("shop.test")
    async with serve(answering(response(b"x" * 1234)), tls=leaf.context("http/1.1")) as server:
        pin = f"shop.test:{server.port}:127.0.0.1"
        code, out, err = await _check(
            f"shop.test:{server.port}/sale", "--ca", str(authority.ca_file), "--resolve", pin
        )
    assert (code, err) == (0, "")
    assert out.startswith(f"UP https://shop.test:{server.port}/sale  HTTP/1.1  1,234 bytes")
    for words in ("127.0.0.1", "█", "target 300 ms", "within", "TLSv1.3", "not part of TTFB", "days left"):
        assert words in out


async def test_a_browsers_visit_is_shown_with_its_first_screen_and_leaves_its_files(tmp_path):
    strip = tmp_path / "strip.png"
    page = b"<!doctype html><title>Shop</title><h1 style='font-size:60px'>Add to cart</h1>"
    async with serve(answering(response(page, "Content-Type: text/html"))) as server:
        code, out, err = await _check(server.url(), "--probe", "browser", "--filmstrip", str(strip))
        assert code == 0, (out, err)
        assert "first screen" in out
        assert f"filmstrip  {strip}" in out
        assert strip.read_bytes().startswith(b"\x89PNG")
        code, _, err = await _check(
            server.url(), "--probe", "browser", "--har", str(tmp_path / "nowhere" / "visit.har")
        )
    assert code == 2
    assert "a file can't be written" in err


async def test_json_is_one_sample_a_line():
    async with serve(answering(response())) as server:
        code, out, _ = await _check(server.url(), "--json", "--count", "2")
    samples = [Sample.from_json(line) for line in out.splitlines()]
    assert code == 0
    assert [sample.outcome for sample in samples] == [Outcome.UP, Outcome.UP]
    assert list(json.loads(out.splitlines()[0]))[:10] == [
        "id", "at", "vendor", "page", "url", "region", "probe", "variant", "attempt", "outcome",
    ]  # fmt: skip
    assert samples[0].vendor == "127.0.0.1"
    assert samples[1].at.timestamp() - samples[0].at.timestamp() >= 0.9


async def test_several_visits_are_summed_up_with_the_failures_beside():
    async with serve(answering(response(status="500 Broken"))) as server:
        code, out, _ = await _check(server.url(), "--count", "2")
    assert code == 1
    assert "2 visits: 2 down" in out
    assert "not counted: the visit failed" in out


async def test_one_page_of_two_that_is_down_makes_the_whole_bad():
    async with serve(answering(response())) as server:
        code, out, _ = await _check(server.url(), f"http://127.0.0.1:{refused_port()}/")
    assert code == 1
    assert "UP http" in out
    assert "DOWN http" in out
    assert "connect: 127.0.0.1" in out


async def test_a_page_over_target_makes_the_whole_bad():
    async with serve(answering(b"", response(), pause=0.35)) as server:
        code, out, _ = await _check(server.url())
    assert code == 1
    assert "over" in out


async def test_a_certificate_that_ends_soon_makes_the_whole_bad(authority):
    from datetime import UTC, datetime, timedelta

    now = datetime.now(UTC)
    leaf = authority.leaf("127.0.0.1", not_before=now - timedelta(days=1), not_after=now + timedelta(days=3))
    async with serve(answering(response()), tls=leaf.context("http/1.1")) as server:
        code, out, _ = await _check(server.url(), "--ca", str(authority.ca_file))
    assert code == 1
    assert "3 days left" in out or "2 days left" in out


async def test_a_redirect_is_shown_hop_by_hop():
    async with serve(answering(response(b"there"))) as there, serve(answering(redirect(there.url()))) as here:
        code, out, _ = await _check(here.url())
    assert code == 0
    assert "302" in out
    assert there.url() in out


async def test_any_option_can_be_set_and_a_round_is_made_at_once():
    async with serve(answering(response(b"hello"))) as server:
        arguments = ["--set", "addresses=all", "--set", "origins=[127.0.0.1]", "--timeout", "20s"]
        code, out, err = await _check(server.url(), *arguments)
        _, as_json, _ = await _check(server.url(), "--json", *arguments)
    assert (code, err) == (0, "")
    assert "1 up, 0 down" in out
    assert "127.0.0.1: EXPOSED" in out
    evidence = Sample.from_json(as_json).evidence
    assert (evidence["addresses"]["up"], evidence["origins"][0]["exposed"]) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Missing argument"),
        (["shop.test", "--set", "adresses=all"], "did you mean `addresses`"),
        (["ftp://shop.test/"], "is not a page"),
        (["https://[::1"], "URL"),
        (["shop.test", "--probe", "gopher"], "is none of: "),
        (["shop.test", "--timeout", "10"], "10 has no unit"),
        (["shop.test", "--resolve", "shop.test:443"], "is not HOST:PORT:ADDRESS"),
        (["shop.test", "--ca", "/no/such/file"], "does not exist"),
    ],
)
async def test_wrong_usage_says_what_would_be_right(arguments, words):
    code, out, err = await _check(*arguments)
    assert (code, out) == (2, "")
    # The message is laid out in a frame; its words are what counts.
    assert words in " ".join(err.replace("│", " ").split())


def test_the_exit_code_says_how_it_went_in_this_process_too(capsys):
    from monitor.cli.check import command

    with pytest.raises(typer.Exit) as caught:
        command([f"http://127.0.0.1:{refused_port()}/"])
    assert caught.value.exit_code == 1
    assert capsys.readouterr().out.startswith("DOWN http")
