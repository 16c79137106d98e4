"""The looks beside a visit, in words: of a real round, and of what has none."""

from rounding import beside, watching
from scripted import answering, refused_port, response, serve

from monitor.cli.facts.rounds import facts
from probes.sample import Outcome

PAGE = response(b"<title>shop</title> hello world")
NAME = "shop.test"


async def test_every_look_is_told():
    async with (
        serve(answering(PAGE)) as server,
        beside(server, answering(PAGE), "127.0.0.2"),
        watching() as visit,
    ):
        sample = await visit(
            server.url(host=NAME),
            addresses="all",
            cache_bust=True,
            origins=["127.0.0.1", f"127.0.0.1:{refused_port()}"],
            resolve=[f"{NAME}:{server.port}:127.0.0.{number}" for number in (1, 2, 3)],
        )
    assert sample.outcome is Outcome.UP
    lines = list(facts(sample))
    assert [name for name, _ in lines] == ["past the caches", "addresses", "", "", "", "origin", "origin"]
    words = [words for _, words in lines]
    assert words[0].startswith("TTFB ")
    assert words[0].endswith((" longer", " shorter"))
    assert words[1].startswith("2 up, 1 down, TTFB over IPv4 ")
    assert words[2].startswith("127.0.0.1  up, ")
    assert words[4].startswith("127.0.0.3  down, connect: ")
    assert words[5] == "127.0.0.1: EXPOSED: it serves the page, 100% of the words are the page's"
    assert ": not exposed (down, connect: " in words[6]


async def test_a_sample_without_a_round_says_nothing():
    async with serve(answering(PAGE)) as server, watching() as visit:
        assert list(facts(await visit(server.url()))) == []


async def test_what_was_not_looked_at_is_said():
    async with serve(answering(response(status="500 Broken"))) as server, watching() as visit:
        sample = await visit(server.url(), cache_bust=True, origins=["127.0.0.1"])
    lines = dict(facts(sample))
    assert lines.keys() == {"cache busted", "origins"}
    assert all(words.startswith("not looked at: ") for words in lines.values())


async def test_what_is_not_known_is_no_finding():
    async with serve(answering(PAGE)) as server, watching() as visit:
        sample = await visit(server.url(), addresses="all", cache_bust=True, origins=["127.0.0.1"])
    found = sample.evidence
    found["addresses"] |= {"more": 3, "ttl": 60, "fault": "dns", "detail": "no answer\x1b about AAAA"}
    found["addresses"]["seen"][0] |= {"outcome": None}
    found["origins"][0] |= {"exposed": None, "outcome": "up", "fault": None, "similar": 0.7}
    found["cache_busted"] |= {
        "outcome": "down",
        "fault": "status",
        "detail": "x",
        "slower_by": None,
        "cache": "hit",
    }
    words = [words for _, words in facts(sample)]
    assert words[0] == "down, status: x, hit"
    assert ", 1 not known, 3 not visited, " in words[1]
    assert words[1].endswith("TTL 60 s, dns: no answer\ufffd about AAAA")
    assert words[2] == "127.0.0.1  not made"
    assert words[3] == "127.0.0.1: not known (up), 70% of the words are the page's"
