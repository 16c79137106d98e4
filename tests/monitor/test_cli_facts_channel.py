"""What a sample says of an advertising channel, in words."""

import asyncio
import os
import sys

import pytest
from adpages import come_from, page, site
from scripted import redirect, response

from monitor.cli.facts import channel
from monitor.cli.facts.all import facts
from monitor.cli.waterfall import Targets, within
from probes.advertising.channels import channels
from probes.sample import Attempt

TEXT = "<p>Spring sale: forty percent off all boots until Sunday</p>"


async def told(answer, name="facebook", **options):
    async with site(answer) as shop:
        sample = await come_from(name, shop.url("/sale"), **options)
    assert set(channel.facts(sample)) <= set(facts(sample))
    return list(channel.facts(sample))


async def test_a_page_that_is_as_it_should_be():
    assert await told(lambda asked: page(TEXT)) == [
        ("channel", "facebook"),
        ("parameters", "all 6 survived"),
        ("same page", "yes, a plain visitor gets the same (100 % of the words)"),
        ("cloaking", "none, the channel's crawler gets the same page (100 % of the words)"),
    ]


async def test_what_became_of_each_parameter_is_told():
    def answer(asked):
        if asked.path == "/sale":
            return redirect(f"/step?{asked.kept('utm_campaign')}&keep=Landwatch+Check#utm_term=gone")
        if asked.path == "/step":
            query = asked.kept("utm_term", "utm_content").replace("keep=", "utm_campaign=")
            return redirect(f"/landing?{query.replace('paid_social', 'PAID')}#utm_term=gone")
        return page(TEXT)

    assert (await told(answer))[1:6] == [
        ("parameters", "3 of 6 survived"),
        ("lost", "at hop 3: utm_content"),
        ("lost", "at hop 3: utm_term, moved into the fragment, which no server sees"),
        ("changed", "at hop 3: utm_medium from 'paid_social' to 'PAID'"),
        ("put back", "gone on the way, there at last: utm_campaign"),
    ]


async def test_other_pages_for_others_are_told_with_what_differs():
    def answer(asked):
        if asked.agent == channels()["facebook"].in_app:
            return page("<p>one two three four</p>", "App")
        return page("<p>one two three five</p>")

    assert (await told(answer))[2:] == [
        ("same page", "no, a plain visitor gets another: other title, text (75 % of the words)"),
        ("cloaking", "the channel's crawler gets another page: other title, text (75 % of the words)"),
    ]


async def test_what_nobody_knows_is_told_as_such():
    lines = dict(await told(lambda asked: response(b"", status="404 Not Found")))
    assert lines["same page"] == "not known: neither got the page"
    assert lines["cloaking"].startswith("not known: it got no page: status 404")
    lines = dict(await told(lambda asked: redirect("http://127.0.0.1:1/")))
    assert lines["parameters"] == "6 sent; where the way leads is not known"
    assert lines["same page"] == "not known: nobody looked"
    assert "cloaking" not in lines
    lines = dict(await told(lambda asked: page(TEXT), attempt=Attempt.BURST))
    assert lines["same page"] == "not known: nobody looked"


async def test_where_nothing_is_sent_nothing_survives():
    names = [name for name, _ in channels()["bing"].parameters]
    lines = dict(await told(lambda asked: page(TEXT), "bing", ignore=names))
    assert lines["parameters"] == "none sent"


async def test_what_a_page_says_cannot_command_a_terminal():
    def answer(asked):
        return (
            redirect(f"/landing?{asked.kept('utm_term')}&utm_term=%1b%5b2J")
            if asked.path == "/sale"
            else page("")
        )

    lines = await told(answer)
    assert not any("\x1b" in words for _, words in lines)


async def test_samples_of_other_kinds_say_nothing_of_channels(visit):
    async with site(lambda asked: page(TEXT)) as shop:
        sample = await visit(shop.url("/"))
    assert list(channel.facts(sample)) == []


@pytest.mark.parametrize("number", [29, 57, 58])
def test_a_share_is_not_made_smaller_by_its_fraction(number):
    assert channel._words(number / 100) == f" ({number} % of the words)"
    assert channel._words(0.99999) == " (99 % of the words)"


async def test_a_check_holds_a_channel_to_its_parameters_and_the_page() -> None:
    async def held(answer):
        async with site(answer) as shop:
            sample = await come_from("bing", shop.url("/sale"))
        return within(sample, Targets(ttfb=60.0))

    def dropping(asked):
        return redirect(f"/landing?{asked.kept('utm_')}") if asked.path == "/sale" else page(TEXT)

    def of_two_faces(asked):
        return page("<p>Nothing</p>" if asked.agent == channels()["bing"].crawler else TEXT)

    assert await held(lambda asked: page(TEXT)) is True
    assert await held(dropping) is False
    assert await held(of_two_faces) is False


async def test_check_visits_the_page_from_each_channel_one_after_another():
    def answer(asked):
        return redirect(f"/landing?{asked.kept('utm_')}") if asked.path == "/sale" else page(TEXT)

    async with site(answer) as shop:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "monitor.cli.main", "check", "--probe", "channel"),
            *("--set", "channels=[tiktok, bing]", "--set", "crawler=false", shop.url("/sale")),
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "COLUMNS": "120"},
        )
        out = (await process.communicate())[0].decode()
    assert "all 6" not in out
    assert process.returncode == 1
    assert out.count("1 of 6 survived") == 2
    assert out.index("tiktok") < out.index("bing")
    assert out.count("UP http") == 2
    assert "cloaking" not in out
