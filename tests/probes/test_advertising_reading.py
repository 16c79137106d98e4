"""Reading a page: title, canonical address, and the words that can be seen, of whatever comes as HTML."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.advertising import reading
from probes.advertising.reading import MOST_WORDS, Unreadable, read_html, read_text, words_of


def words(html):
    return list(read_html(html).words)


def test_title_canonical_and_words_are_read():
    page = read_html(
        "<!doctype html><html><head><meta charset=utf-8><title> Spring\n sale &amp; more </title>"
        "<link rel='stylesheet' href='/x.css'><link rel='Canonical nofollow' href=' /sale '>"
        "<link rel=canonical href=/other></head><body><h1>Boots</h1>"
        "<p>Forty <b>percent</b> off!</body></html>"
    )
    assert page.title == "Spring sale & more"
    assert page.canonical == "/sale"
    assert page.words == ("Boots", "Forty", "percent", "off")


@pytest.mark.parametrize(
    "unseen",
    [
        "<script>hidden words</script>",
        "<script type=application/ld+json>{'a': '<p>hidden</p>'}</script>",
        "<style>.hidden {content: words}</style>",
        "<noscript><p>hidden <b>words</b></p></noscript>",
        "<template><p>hidden</p><p>words</p></template>",
        "<!-- hidden words -->",
        "<div hidden>hidden <p>words</p></div>",
        "<div style='color: red; Display : NONE'>hidden <div>words</div> hidden</div>",
        "<span style='visibility:hidden'>hidden</span>",
        "<dialog><p>hidden</p></dialog>",
        "<iframe>hidden</iframe>",
        "<video><p>hidden</p></video>",
        "<svg><title>hidden</title><text>words</text></svg>",
        "<datalist><option>hidden</option></datalist>",
        "<div hidden><div hidden>hidden</div>still hidden</div>",
    ],
)
def test_what_nobody_sees_is_left_out(unseen):
    page = read_html(f"<html><head></head><body><p>before</p>{unseen}<p>after</p></body></html>")
    assert page.words == ("before", "after")
    assert page.title is None


@pytest.mark.parametrize(
    "seen",
    ["<dialog open>seen</dialog>", "<details>seen</details>", "<div style='display: block'>seen</div>"],
)
def test_what_can_be_seen_is_kept(seen):
    assert words(f"<body>{seen}") == ["seen"]


def test_the_first_title_counts_and_no_other():
    assert read_html("<title>One</title><title>Two</title><p>three").title == "One"
    assert read_html("<head></head><p>text").title is None
    assert read_html("<title></title>").title is None


def test_a_tag_parts_words_and_a_piece_of_the_page_does_not():
    assert words("<p>one</p><p>two</p>three<br>four") == ["one", "two", "three", "four"]
    long = "<p>" + "abcdefg " * 10_000
    assert set(words(long)) == {"abcdefg"}  # wherever the page was cut into pieces
    shifted = "<p>" + "x" * 3 + " " + "abcdefg " * 10_000
    assert set(words(shifted)) == {"xxx", "abcdefg"}


def test_words_of_scripts_without_blanks_are_their_signs():
    assert words_of("Größe 42,5 - naïve_test") == ("Größe", "42", "5", "naïve", "test")
    assert words_of("春の売り出し50%off") == ("春", "の", "売", "り", "出", "し", "50", "off")
    assert len(words_of("ลดราคา")) > 3
    assert words_of("봄 세일") == ("봄", "세일")


def test_text_is_read_as_it_is():
    page = read_text('{"title": "<b>Boots</b>"}')
    assert page.words == ("title", "b", "Boots", "b")
    assert (page.title, page.canonical) == (None, None)


def test_no_more_words_are_taken_than_are_compared():
    assert len(words("<p>" + "word " * 100_000)) == MOST_WORDS
    assert len(read_text("word " * 100_000).words) == MOST_WORDS
    assert words("<p>" + " " * 300_000 + "late") == []


HOSTILE = {
    "empty": "",
    "blanks": "   ",
    "zeros": "\0" * 100_000,
    "a comment": "<!-- x -->",
    "an open comment": "<!--" * 100_000,
    "deep": "<div>" * 100_000 + "end",
    "deeper formatting": "<p>" + "".join(f"<b a{n}>" for n in range(20_000)) + "</p><p>x" * 20_000,
    "attributes": "<div " + " ".join(f"a{n}=1" for n in range(50_000)) + ">end",
    "quoted attributes": "<div " + " ".join(f"a{n}='>'" for n in range(50_000)) + ">end",
    "tables": "<table>x<b>" * 20_000,
    "closed only": "</div>" * 100_000,
    "cut": "<a href='",
    "signs": "<" * 100_000,
    "entities": "&" * 100_000 + "&#x110000;&#0;&bogus;",
    "surrogates": "<title>\ud800</title><p>\udfff end",
    "an open script": "<p>seen</p><script>" + "x" * 100_000,
    "closing what is not open": "<div hidden></p></b></div></div></div>end",
}


@pytest.mark.parametrize("html", HOSTILE.values(), ids=HOSTILE)
def test_hostile_pages_are_read_in_bounded_time(html):
    """Bounded by the CPU time that :func:`read_html` has: it would raise."""
    page = read_html(html)
    assert len(page.words) <= MOST_WORDS
    assert page.title is None or len(page.title) <= 300


def test_the_text_behind_what_is_hostile_is_still_found():
    assert words(HOSTILE["deep"]) == ["end"]
    assert words(HOSTILE["attributes"]) == ["end"]
    assert words(HOSTILE["closing what is not open"]) == ["end"]


def test_a_page_that_takes_too_long_is_given_up(monkeypatch):
    monkeypatch.setattr(reading, "MOST_CPU_SECONDS", 0.05)
    with pytest.raises(Unreadable, match="CPU time"):
        read_html("<div>" * 150_000 + "</b>" * 250_000)


@given(html=st.text(alphabet=st.sampled_from("<>/!-='\" &;abdivptscrle\0é\ud800"), max_size=200))
def test_no_text_makes_it_stumble(html):
    read_html(html)
    read_text(html)
