"""What is known of the channels: it has the form of what they really send."""

import re

import pytest

from probes.advertising.channels import channels, tracking_names
from probes.advertising.options import ChannelOptions
from probes.visit.plan import USER_AGENT

EACH = pytest.mark.parametrize("one", channels().values(), ids=channels())
BASE64 = r"[A-Za-z0-9_-]"

CLICKS = {
    "gclid": rf"C[jw]{BASE64}{{70,110}}_(wcB|BwE)",
    "gbraid": rf"0AAAA{BASE64}{{20,40}}",
    "wbraid": rf"C{BASE64}{{50,100}}",
    "fbclid": rf"(Iw|PA){BASE64}{{50,200}}_aem_{BASE64}{{22}}",
    "li_fat_id": r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
    "ttclid": rf"E\.C\.P\.{BASE64}{{100,500}}",
    "yclid": r"1[0-9]{19}",
    "msclkid": r"[0-9a-f]{32}",
}
MARKS = {
    "google": "GSA/",
    "youtube": "Chrome/",
    "facebook": "[FBAN/FBIOS;FBAV/",
    "instagram": "Instagram ",
    "linkedin": "[LinkedInApp]/",
    "tiktok": "BytedanceWebview/",
    "yandex": "YaSearchBrowser/",
    "bing": "BingSapphire/",
}
CRAWLERS = {
    "google": "AdsBot-Google-Mobile",
    "youtube": "AdsBot-Google-Mobile",
    "facebook": "facebookexternalhit",
    "instagram": "facebookexternalhit",
    "linkedin": "LinkedInBot",
    "tiktok": "TikTokSpider",
    "yandex": "YaDirectFetcher",
    "bing": "adidxbot",
}
OWN = {
    "google": {"gclid", "gbraid", "wbraid"},
    "youtube": {"gclid", "gbraid", "wbraid"},
    "facebook": {"fbclid"},
    "instagram": {"fbclid"},
    "linkedin": {"li_fat_id"},
    "tiktok": {"ttclid"},
    "yandex": {"yclid"},
    "bing": {"msclkid"},
}


def test_there_are_the_eight_channels():
    assert list(channels()) == list(OWN)
    assert ChannelOptions().channels == tuple(OWN)


@EACH
def test_a_channel_adds_the_usual_five_and_its_own(one):
    parameters = dict(one.parameters)
    utm = {"utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term"}
    assert parameters.keys() == utm | OWN[one.name]
    assert parameters["utm_source"] == one.name
    assert all(re.fullmatch(CLICKS[name], parameters[name]) for name in OWN[one.name])
    assert parameters.keys() <= tracking_names()


@EACH
def test_a_channel_is_known_by_its_user_agents(one):
    assert MARKS[one.name] in one.in_app
    assert CRAWLERS[one.name] in one.crawler
    assert CRAWLERS[one.name] not in one.in_app + one.browser
    assert "Mobile" in one.in_app
    assert "Mobile" in one.browser
    assert not any(mark in one.browser for name, mark in MARKS.items() if name != "youtube")
    # A visitor is compared with one who has the same kind of phone.
    assert ("iPhone" in one.in_app) == ("iPhone" in one.browser)
    assert ("Android" in one.in_app) == ("Android" in one.browser)


@EACH
def test_what_is_sent_can_stand_in_a_header(one):
    for text in (one.in_app, one.browser, one.crawler, one.referrer):
        assert text.isascii()
        assert text.isprintable()
        assert USER_AGENT not in text
    assert re.fullmatch(r"https://[a-z.]+/", one.referrer)
