"""Whether two visitors were shown the same page."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.advertising.beholding import Visitor, with_crawler, with_plain
from probes.advertising.likeness import Comparison, Sight, compare, see, similarity_of
from probes.advertising.reading import read_html
from probes.sample import Hop, Outcome
from probes.trace import Trace
from probes.visit.body import Body
from probes.wire.exchange import Head

LIST = "boots shoes sandals coats hats scarves gloves belts bags socks shirts trousers jackets dresses skirts"
STORY = "our house was founded long ago by people who loved the sea and who wrote about its many moods"


def sight(text, *, title="Sale", canonical=None, url="https://www.example.com/sale", status=200):
    link = f"<link rel=canonical href='{canonical}'>" if canonical is not None else ""
    html = f"<html><head><title>{title}</title>{link}</head><body>{text}</body></html>"
    body = html.encode()
    return Sight(url, status, "text/html", body, len(body), read_html(html))


def shop(session, date, *, seed=7, items=200):
    """A page as shops have them: many words, and a session and a date that change at each visit."""
    draw = random.Random(seed)
    words = [draw.choice(LIST.split()) + str(draw.randrange(500)) for _ in range(items)]
    text = "".join(f"<li>{word} now {draw.randrange(10, 99)}.99</li>" for word in words)
    return f"<p>{date}</p><ul>{text}</ul><input type=hidden value={session}><p>Your visit: {session}</p>"


def against(one, other, alike=0.9, without=("gclid",)):
    return compare(one, other, alike=alike, without=without)


def test_pages_that_differ_in_a_session_and_a_date_are_one_page():
    found = against(sight(shop("a81f", "3 May 2026")), sight(shop("77c0", "4 May 2026")))
    assert 0.99 < found.similarity < 1.0
    assert (found.same, found.differences) == (True, ())


def test_pages_about_other_things_are_two():
    found = against(sight(shop("a81f", "3 May 2026")), sight(f"<p>{STORY}</p>" * 20))
    assert found.similarity < 0.1
    assert (found.same, found.differences) == (False, ("text",))


def test_the_same_articles_at_other_prices_are_less_alike():
    one = sight("".join(f"<li>{word} 10</li>" for word in LIST.split()))
    other = sight("".join(f"<li>{word} 99</li>" for word in LIST.split()))
    assert against(one, other).similarity == pytest.approx(0.5)
    assert against(one, other).same is False
    assert against(one, other, alike=0.5).same is True


def test_a_little_less_than_the_same_is_never_called_the_whole():
    words = [f"word{number}" for number in range(5_000)]
    assert similarity_of(words, [*words[:-1], "other"]) < 1.0
    assert similarity_of(words, words) == 1.0


@given(
    one=st.lists(st.sampled_from("abcde"), max_size=12), other=st.lists(st.sampled_from("abcde"), max_size=12)
)
def test_similarity_is_of_both_and_between_nothing_and_all(one, other):
    found = similarity_of(one, other)
    assert found == similarity_of(other, one)
    assert 0.0 <= found <= 1.0
    assert (found == 1.0) == (one == other)
    assert (found == 0.0) == (one != other and set(one).isdisjoint(other))
    assert found == pytest.approx(
        2 * longest(one, other) / max(1, len(one) + len(other)) if one + other else 1
    )


def longest(one, other):
    """The length of the longest common subsequence, as books have it."""
    before = [0] * (len(other) + 1)
    for left in one:
        now = [0]
        for place, right in enumerate(other):
            now.append(before[place] + 1 if left == right else max(before[place + 1], now[place]))
        before = now
    return before[-1]


@pytest.mark.parametrize(
    ("other", "differences"),
    [
        (sight("<p>Boots", status=203), ("status",)),
        (sight("<p>Boots", url="https://www.example.com/other"), ("url",)),
        (sight("<p>Boots", title="Sale!"), ("title",)),
        (sight("<p>Boots", canonical="/other"), ("canonical",)),
        (sight("<p>Boots", canonical="https://www.example.com:port/"), ("canonical",)),
    ],
)
def test_each_difference_has_its_word(other, differences):
    found = against(sight("<p>Boots"), other)
    assert (found.differences, found.same) == (differences, False)
    assert found.similarity == 1.0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"url": "https://www.example.com/sale?gclid=1&utm_source=x"}, {}),
        ({"canonical": "/sale"}, {"canonical": "https://www.example.com/sale?utm_source=facebook#top"}),
        (
            {"canonical": "?gclid=1", "url": "https://www.example.com/sale?gclid=1"},
            {"canonical": "/sale"},
        ),
    ],
)
def test_what_only_follows_from_the_parameters_is_no_difference(one, other):
    assert against(sight("<p>Boots", **one), sight("<p>Boots", **other)).same is True


def test_pages_without_words_cannot_be_told_apart_unless_they_are_identical():
    one, other = sight("<div id=a></div>"), sight("<div id=b></div>")
    assert against(one, other) == Comparison((), None, wordless=True)
    assert against(one, other).same is None
    assert against(one, one).same is True
    assert against(one, sight("<p>Boots")).differences == ("text",)


def test_what_came_is_read_by_its_type():
    body = Body(kept=bytearray("<title>Größe</title><p>Café".encode("latin-1")), decoded=29)
    seen = read("text/html; charset=ISO-8859-1", body)
    assert (seen.type, seen.page.title, seen.page.words) == ("text/html", "Größe", ("Café",))
    assert read(None, body).page.title is not None
    assert read("application/ld+json", body).page.words == ("title", "Gr", "e", "title", "p", "Caf")
    assert read("image/png", body).page is None


def read(content_type, body):
    headers = [] if content_type is None else [(b"content-type", content_type.encode())]
    head = Head(200, tuple(headers), early=None, sent=0.0, first_byte=0.0)
    return see("https://www.example.com/", head, body)


def test_who_never_came_says_nothing():
    trace = Trace(0.0)
    trace.hops.append(Hop("https://www.example.com/", status=200, transfer=0.0))
    visitor = Visitor(Outcome.UP, None, None, trace, None, None)
    assert with_plain(visitor, None, 0.9, ()).unclear == "there was no time for it"
    assert with_crawler(visitor, None, 0.9, ()).unclear == "there was no time for it"


@pytest.mark.parametrize("charset", ["punycode", "IDNA", "utf7", "unicode_escape", "no-such-charset", "hex"])
def test_a_charset_that_browsers_do_not_know_is_taken_for_utf_8(charset):
    """Some of them would take seconds over a large body."""
    body = Body(kept=bytearray("<p>Café +AGE- \\x61".encode()), decoded=20)
    assert read(f"text/html; charset={charset}", body).page.words == ("Café", "AGE", "x61")
