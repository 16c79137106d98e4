"""A page as an advertising channel's visitors come to it, through the real runner."""

import asyncio
import json

import pytest
from adpages import come_from, page, seen, site
from pydantic import ValidationError
from scripted import head, redirect, refused_port, response, serve, silent

from probes import channel
from probes.advertising.channels import channels
from probes.kinds import kinds, variants_of
from probes.sample import Attempt, Fault, Outcome, Sample

TEXT = "<p>Spring sale: forty percent off all boots until Sunday, and free delivery from fifty.</p>"
OTHER = "<p>Write to us about careers, press and the history of our house since the beginning.</p>"
UTM = ["utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term"]


def the_page(asked):
    return page(TEXT)


def is_crawler(asked):
    return any(one.crawler == asked.agent for one in channels().values())


def from_app(asked):
    return any(one.in_app == asked.agent for one in channels().values() if one.name != "youtube")


async def test_a_page_that_leaves_all_alone_keeps_every_parameter_and_is_one_page():
    async with site(the_page) as shop:
        sample = await come_from("facebook", shop.url("/sale"))
    assert (sample.outcome, sample.variant, sample.status) == (Outcome.UP, "facebook", 200)
    found = seen(sample)
    assert found["channel"] == "facebook"
    assert found["survived"] == list(found["sent"]) == [*UTM, "fbclid"]
    assert (found["lost"], found["changed"], found["returned"]) == ([], [], [])
    assert (found["same_page"], found["differences"], found["similarity"]) == (True, [], 1.0)
    assert found["cloaked"] is False
    assert found["visitor"]["outcome"] == found["crawler"]["outcome"] == "up"
    assert sample.vitals == {"tracking": 1.0, "similarity": 1.0, "same_page": 1.0, "cloaked": 0.0}


@pytest.mark.parametrize("name", channels())
async def test_each_channel_comes_with_its_parameters_and_browsers(name):
    one = channels()[name]
    async with site(the_page) as shop:
        sample = await come_from(name, shop.url("/sale?size=42"))
    visitor, plain, crawler = shop.asked
    assert (visitor.agent, visitor.headers["referer"]) == (one.in_app, one.referrer)
    assert visitor.query.startswith(f"size=42&utm_source={name}&utm_medium=")
    assert set(seen(sample)["sent"]) == {name for name, _ in one.parameters}
    assert (plain.agent, plain.query) == (one.browser, "size=42")
    assert (crawler.agent, crawler.query) == (one.crawler, "size=42")
    assert "referer" not in plain.headers
    assert "referer" not in crawler.headers


async def test_the_sample_is_the_channels_visit_and_no_other():
    def answer(asked):
        if asked.path == "/sale":
            return redirect(f"/landing?{asked.query}")
        return page(TEXT if from_app(asked) else TEXT + OTHER)

    async with site(answer) as shop:
        sample = await come_from("tiktok", shop.url("/sale"))
    assert [hop.status for hop in sample.hops] == [302, 200]
    assert all("ttclid=" in hop.url for hop in sample.hops)
    assert sample.bytes == len(page(TEXT).partition(b"\r\n\r\n")[2])
    assert sample.url == shop.url("/sale")
    assert seen(sample)["visitor"]["url"] == shop.url("/landing")


async def test_parameters_that_a_redirect_drops_are_lost_at_its_hop():
    def answer(asked):
        if asked.path == "/sale":
            return redirect(f"/step?{asked.query}")
        if asked.path == "/step":
            return redirect(f"/landing?{asked.kept('utm_')}")
        return page(TEXT)

    async with site(answer) as shop:
        sample = await come_from("google", shop.url("/sale"))
        third = sample.hops[2].url
    found = seen(sample)
    assert sample.outcome is Outcome.UP
    assert found["survived"] == ["gclid", "gbraid", "wbraid"]
    assert [(one["name"], one["at_hop"], one["in_fragment"]) for one in found["lost"]] == [
        (name, 3, False) for name in UTM
    ]
    assert {one["url"] for one in found["lost"]} == {third[:500]}
    assert sample.vitals["tracking"] == 0.0
    assert found["same_page"] is True  # it is the same page all the same


async def test_a_value_whose_capitals_are_lost_is_changed_and_not_lost():
    def answer(asked):
        lowered = asked.query.lower()
        return redirect(f"/landing?{lowered}") if asked.path == "/sale" else page(TEXT)

    async with site(answer) as shop:
        sample = await come_from("yandex", shop.url("/sale"))
    found = seen(sample)
    assert [(one["name"], one["at_hop"], one["to"]) for one in found["changed"]] == [
        ("utm_campaign", 2, "landwatch check"),
        ("utm_content", 2, "video-1|9x16"),
    ]
    assert found["lost"] == []
    assert sample.vitals["tracking"] == 0.0


async def test_redirects_that_merge_queries_keep_everything():
    def answer(asked):
        if asked.path == "/sale":
            moved = asked.query.replace("%20", "+")
            return redirect(f"/landing?lang=en&{moved}&src=old#top", status="301 Moved")
        return page(TEXT)

    async with site(answer) as shop:
        sample = await come_from("bing", shop.url("/sale?colour=red"))
    assert seen(sample)["survived"] == [*UTM, "msclkid"]
    assert sample.vitals["tracking"] == 1.0
    assert "colour=red" in sample.hops[1].url


async def test_a_parameter_that_is_put_back_survives_and_is_told():
    def answer(asked):
        if asked.path == "/sale":
            return redirect(f"/consent?{asked.kept('fbclid')}&back={asked.query.partition('fbclid=')[2]}")
        if asked.path == "/consent":
            return redirect(f"/landing?{asked.query.replace('back=', 'fbclid=')}")
        return page(TEXT)

    async with site(answer) as shop:
        sample = await come_from("instagram", shop.url("/sale"))
    assert seen(sample)["returned"] == ["fbclid"]
    assert "fbclid" in seen(sample)["survived"]
    assert sample.vitals["tracking"] == 1.0


async def test_a_parameter_that_is_moved_into_the_fragment_is_lost_and_told():
    def answer(asked):
        if asked.path == "/sale":
            return redirect(f"/landing?{asked.kept('utm_term')}#/welcome?utm_term=landing+page")
        return page(TEXT)

    async with site(answer) as shop:
        sample = await come_from("linkedin", shop.url("/sale"))
    (lost,) = seen(sample)["lost"]
    assert (lost["name"], lost["at_hop"], lost["in_fragment"]) == ("utm_term", 2, True)
    assert sample.vitals["tracking"] == 0.0


async def test_parameters_of_the_pages_own_keep_their_value_and_are_held():
    def answer(asked):
        return (
            redirect(f"/landing?{asked.kept('utm_source', 'coupon')}")
            if asked.path == "/sale"
            else page(TEXT)
        )

    async with site(answer) as shop:
        url = shop.url("/sale?utm_source=newsletter&coupon=SP%20RING&size=4")
        sample = await come_from("facebook", url, keep=["coupon", "absent"])
    assert shop.asked[0].query.startswith("utm_source=newsletter&coupon=SP%20RING&size=4&utm_medium=")
    found = seen(sample)
    assert found["sent"]["utm_source"] == "newsletter"
    assert found["sent"]["coupon"] == "SP RING"
    assert not {"size", "absent"} & set(found["sent"])
    assert [one["name"] for one in found["lost"]] == ["utm_source", "coupon"]


async def test_parameters_of_the_users_own_are_added_and_held_and_ignored_ones_are_not():
    def answer(asked):
        return (
            redirect(f"/landing?{asked.kept('ad_id', 'utm_term')}") if asked.path == "/sale" else page(TEXT)
        )

    async with site(answer) as shop:
        sample = await come_from(
            "tiktok",
            shop.url("/sale"),
            parameters={"ad_id": "grüße & mehr", "utm_campaign": "Frühling"},
            ignore=["utm_term", "utm_content"],
        )
    found = seen(sample)
    assert "ad_id=gr%C3%BC%C3%9Fe%20%26%20mehr" in shop.asked[0].query
    assert "utm_content" not in shop.asked[0].query
    assert found["sent"]["utm_campaign"] == "Frühling"
    assert [one["name"] for one in found["lost"]] == ["ad_id"]


async def test_an_address_beyond_ascii_keeps_what_it_says():
    def answer(asked):
        return redirect(f"/größe?{asked.query}") if asked.path == "/sale" else page(TEXT)

    async with site(answer) as shop:
        sample = await come_from("google", shop.url("/sale?utm_campaign=größe%20M&q=ü"))
    assert seen(sample)["sent"]["utm_campaign"] == "größe M"
    assert sample.vitals["tracking"] == 1.0


async def test_an_in_app_browser_that_gets_another_page_shows():
    def answer(asked):
        if "FBAN" in asked.agent:
            return page(OTHER, "Get our app", '<link rel="canonical" href="/app">')
        return page(TEXT, head='<link rel="canonical" href="/sale?utm_source=x">')

    async with site(answer) as shop:
        sample = await come_from("facebook", shop.url("/sale"))
        linkedin = await come_from("linkedin", shop.url("/sale"))
    found = seen(sample)
    assert sample.outcome is Outcome.UP
    assert found["same_page"] is False
    assert found["differences"] == ["canonical", "title", "text"]
    assert found["similarity"] < 0.5
    assert sample.vitals["same_page"] == 0.0
    assert seen(linkedin)["same_page"] is True


async def test_an_in_app_browser_that_is_sent_elsewhere_shows():
    def answer(asked):
        if asked.path == "/sale" and "BytedanceWebview" in asked.agent:
            return redirect(f"/open-app?{asked.query}")
        return page(TEXT)

    async with site(answer) as shop:
        found = seen(await come_from("tiktok", shop.url("/sale?b=2&a=1")))
    assert (found["same_page"], found["differences"], found["similarity"]) == (False, ["url"], 1.0)


async def test_an_in_app_browser_that_is_refused_shows_beside_the_plain_visitor():
    def answer(asked):
        if "Instagram" in asked.agent:
            return response(b"no", "Content-Type: text/html", status="403 Forbidden")
        return page(TEXT)

    async with site(answer) as shop:
        sample = await come_from("instagram", shop.url("/sale"))
    assert (sample.outcome, sample.fault, sample.status) == (Outcome.DOWN, Fault.STATUS, 403)
    found = seen(sample)
    assert found["same_page"] is False
    assert found["differences"][0] == "status"
    assert found["visitor"]["status"] == 200
    assert found["cloaked"] is None
    assert found["crawler"]["unclear"] == "the visitor got no page to compare with"
    assert "cloaked" not in sample.vitals


async def test_a_page_without_what_is_expected_is_compared_all_the_same():
    def answer(asked):
        return page(OTHER if from_app(asked) else TEXT)

    async with site(answer) as shop:
        sample = await come_from("google", shop.url("/sale"), expect={"body": "forty percent"})
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.CONTENT)
    assert (seen(sample)["same_page"], seen(sample)["cloaked"]) == (False, True)


async def test_a_crawler_that_gets_another_page_is_cloaking():
    def answer(asked):
        return page(OTHER if is_crawler(asked) else TEXT)

    async with site(answer) as shop:
        sample = await come_from("google", shop.url("/sale"))
    found = seen(sample)
    assert (found["same_page"], found["cloaked"]) == (True, True)
    assert found["crawler"]["differences"] == ["text"]
    assert found["crawler"]["similarity"] < 0.5
    assert sample.vitals["cloaked"] == 1.0
    assert sample.outcome is Outcome.UP


async def test_a_money_page_for_those_who_clicked_alone_is_cloaking_too():
    def answer(asked):
        return page(OTHER if "fbclid" in asked.query else TEXT)

    async with site(answer) as shop:
        found = seen(await come_from("facebook", shop.url("/sale")))
    assert (found["same_page"], found["cloaked"]) == (False, True)


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (response(b"no", status="403 Forbidden"), "status 403"),
        (response(b"slow down", status="429 Too Many Requests"), "429"),
        (redirect("http://127.0.0.1:1/"), "127.0.0.1"),
    ],
)
async def test_a_crawler_that_is_refused_is_not_deceived(refusal, words):
    def answer(asked):
        return refusal if is_crawler(asked) else page(TEXT)

    async with site(answer) as shop:
        sample = await come_from("bing", shop.url("/sale"))
    found = seen(sample)
    assert (found["same_page"], found["cloaked"]) == (True, None)
    assert found["crawler"]["unclear"].startswith("it got no page")
    assert words in found["crawler"]["unclear"]
    assert "cloaked" not in sample.vitals


async def test_what_crawlers_are_given_in_the_place_of_scripts_is_no_cloaking():
    shell = "<div id=root></div><noscript>Please turn JavaScript on</noscript><script>start()</script>"

    def answer(asked):
        return page(TEXT if is_crawler(asked) else shell + f"<!-- {asked.query} -->")

    async with site(answer) as shop:
        found = seen(await come_from("google", shop.url("/sale")))
    assert (found["same_page"], found["similarity"], found["cloaked"]) == (None, None, None)
    assert found["visitor"]["unclear"] == "there is no text to compare"
    assert "without scripts" in found["crawler"]["unclear"]


async def test_a_blocked_visit_brings_no_more_visits():
    async with site(lambda asked: response(b"", status="429 Too Many Requests")) as shop:
        sample = await come_from("facebook", shop.url("/sale"))
    assert sample.outcome is Outcome.BLOCKED
    assert len(shop.asked) == 1
    assert seen(sample)["visitor"] is None
    assert seen(sample)["same_page"] is None


async def test_a_blocked_plain_visitor_leaves_the_crawler_at_home():
    def answer(asked):
        return page(TEXT) if from_app(asked) else response(b"", status="429 Too Many Requests")

    async with site(answer) as shop:
        found = seen(await come_from("facebook", shop.url("/sale")))
    assert len(shop.asked) == 2
    assert found["same_page"] is None
    assert "429" in found["visitor"]["unclear"]
    assert found["crawler"]["unclear"] == "a shield had stopped the plain visitor"
    assert found["crawler"]["outcome"] is None


async def test_a_page_that_is_gone_for_everybody_is_no_page_to_compare():
    async with site(lambda asked: response(b"gone", status="404 Not Found")) as shop:
        sample = await come_from("facebook", shop.url("/sale"))
    assert sample.outcome is Outcome.DOWN
    assert (seen(sample)["same_page"], seen(sample)["visitor"]["unclear"]) == (None, "neither got the page")
    assert sample.vitals == {"tracking": 1.0}


async def test_a_page_that_breaks_off_in_the_app_is_no_page_to_compare():
    def answer(asked):
        return page(TEXT)[:-20] if from_app(asked) else page(TEXT)

    async with site(answer) as shop:
        sample = await come_from("facebook", shop.url("/sale"))
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.PROTOCOL)
    assert seen(sample)["same_page"] is None
    assert seen(sample)["visitor"]["unclear"] == "the channel's visitor got no whole answer"


async def test_a_plain_visitor_without_an_answer_leaves_it_open():
    def answer(asked):
        return page(TEXT) if from_app(asked) else b""

    async with site(answer) as shop:
        sample = await come_from("facebook", shop.url("/sale"))
    assert sample.outcome is Outcome.UP
    assert (seen(sample)["same_page"], seen(sample)["cloaked"]) == (None, None)
    assert seen(sample)["visitor"]["unclear"].startswith("it got no answer: ")
    assert sample.vitals == {"tracking": 1.0}


async def test_a_run_that_is_cut_off_while_it_looks_keeps_the_visit():
    async def script(reader, writer):
        asked = await head(reader)
        if b"FBAN" in asked:
            writer.write(page(TEXT))
        else:
            await asyncio.sleep(60)

    async with serve(script) as server:
        sample = await come_from("facebook", server.url("/sale"), timeout=2.0)
    found = seen(sample)
    assert sample.outcome is Outcome.UP
    assert sample.vitals == {"tracking": 1.0}
    assert (found["same_page"], found["cloaked"]) == (None, None)
    if found["visitor"] is not None:  # else the whole run was cut off, on a machine that stood still
        assert found["visitor"]["outcome"] == "unknown"
        assert "no more time" in found["visitor"]["unclear"]
        assert found["crawler"]["unclear"] == "there was no time for it"


async def test_where_no_final_response_came_nothing_is_said_of_parameters():
    def answer(asked):
        return redirect(f"http://127.0.0.1:{refused_port()}/?{asked.query}")

    async with site(answer) as shop:
        sample = await come_from("facebook", shop.url("/sale"))
    found = seen(sample)
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.CONNECT)
    assert (found["survived"], found["lost"], found["changed"]) == (None, None, None)
    assert len(found["sent"]) == 6
    assert sample.vitals == {}
    assert len(shop.asked) == 1


async def test_a_burst_makes_no_looks():
    async with site(the_page) as shop:
        sample = await come_from("facebook", shop.url("/sale"), attempt=Attempt.BURST)
    assert len(shop.asked) == 1
    assert sample.vitals == {"tracking": 1.0}
    assert seen(sample)["cloaked"] is None


async def test_a_run_that_is_cut_off_has_said_what_was_sent():
    async with serve(silent) as server:
        sample = await come_from("facebook", server.url("/sale"), timeout=0.2)
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.TIMEOUT)
    assert len(seen(sample)["sent"]) == 6
    assert seen(sample)["survived"] is None


async def test_where_the_visit_took_all_the_time_no_look_is_made():
    """What is left of 0.25 s is never enough for one."""
    async with site(the_page) as shop:
        samples = [await come_from("facebook", shop.url("/sale"), timeout=0.25) for _ in range(5)]
    assert len(shop.asked) <= 5
    for sample in samples:
        assert seen(sample)["same_page"] is None
        if sample.outcome is Outcome.UP:  # else the machine stood still meanwhile
            assert seen(sample)["visitor"]["unclear"] == "there was no time for it"
            assert seen(sample)["crawler"]["unclear"] == "there was no time for it"
            assert seen(sample)["visitor"]["outcome"] is None


async def test_the_crawler_stays_at_home_where_it_is_not_wanted():
    async with site(the_page) as shop:
        sample = await come_from("facebook", shop.url("/sale"), crawler=False)
    assert len(shop.asked) == 2
    assert seen(sample)["crawler"] is None
    assert "cloaked" not in sample.vitals
    assert sample.vitals["same_page"] == 1.0


async def test_what_is_no_page_of_html_is_compared_by_its_bytes():
    picture = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40

    def answer(asked):
        changed = picture + (b"x" if asked.path == "/changing" and from_app(asked) else b"")
        return response(changed, "Content-Type: image/png")

    async with site(answer) as shop:
        same = seen(await come_from("google", shop.url("/same")))
        changing = seen(await come_from("google", shop.url("/changing")))
    assert (same["same_page"], same["similarity"], same["cloaked"]) == (True, 1.0, False)
    assert (changing["same_page"], changing["similarity"], changing["cloaked"]) == (None, None, None)


async def test_another_type_of_content_is_another_page():
    def answer(asked):
        return response(b'{"a": 1}', "Content-Type: application/json") if from_app(asked) else page(TEXT)

    async with site(answer) as shop:
        found = seen(await come_from("google", shop.url("/sale")))
    assert found["same_page"] is False
    assert "type" in found["differences"]


async def test_a_huge_page_is_read_as_far_as_it_is_kept():
    huge = page(TEXT * 40_000)  # 3.6 MB

    async with site(lambda asked: huge) as shop:
        sample = await come_from("google", shop.url("/sale"))
    assert sample.outcome is Outcome.UP
    assert (seen(sample)["same_page"], seen(sample)["cloaked"]) == (True, False)


async def test_a_page_that_costs_too_much_to_read_is_left_unread(monkeypatch):
    from probes.advertising import reading

    monkeypatch.setattr(reading, "MOST_CPU_SECONDS", -1.0)

    def answer(asked):
        return page(TEXT + asked.query)

    async with site(answer) as shop:
        found = seen(await come_from("google", shop.url("/sale")))
    assert (found["same_page"], found["cloaked"]) == (None, None)
    assert "CPU time" in found["visitor"]["unclear"]


async def test_the_evidence_is_plain_json():
    async with site(lambda asked: page(TEXT)) as shop:
        sample = await come_from("google", shop.url("/sale?utm_source=%FF%00%0A&utm_medium="))
    again = Sample.from_json(sample.to_json())
    assert again.evidence == json.loads(json.dumps(sample.evidence))
    assert seen(again)["sent"]["utm_medium"] == ""


async def test_a_secret_that_is_gone_is_our_own_fault_and_one_that_is_there_is_read_at_each_run(monkeypatch):
    headers = {"X-Shop": {"env": "SHOP_HEADER"}}
    async with site(the_page) as shop:
        monkeypatch.delenv("SHOP_HEADER", raising=False)
        gone = await come_from("google", shop.url("/sale"), headers=headers)
        monkeypatch.setenv("SHOP_HEADER", "seven")
        there = await come_from("google", shop.url("/sale"), headers=headers)
    assert (gone.outcome, gone.fault) == (Outcome.UNKNOWN, Fault.INTERNAL)
    assert there.outcome is Outcome.UP
    assert [asked.headers["x-shop"] for asked in shop.asked] == ["seven"] * 3


async def test_a_target_without_a_variant_is_of_the_first_channel():
    async with site(the_page) as shop:
        sample = await come_from(None, shop.url("/sale"), channels=["yandex", "bing"])
    assert seen(sample)["channel"] == "yandex"


def test_a_page_is_a_target_for_each_of_its_channels():
    kind = kinds()["channel"]
    assert variants_of(kind, channel.Options()) == tuple(channels())
    assert variants_of(kind, channel.Options(channels=["tiktok", "google"])) == ("tiktok", "google")
    assert (kind.EVERY, kind.TIMEOUT, kind.BURSTS) == (3600.0, 30.0, False)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"channels": ["myspace"]}, "google, youtube, facebook"),
        ({"channels": []}, "at least 1"),
        ({"headers": {"User-Agent": "mine"}}, "channel's own"),
        ({"headers": {"referer": "https://www.example.com/"}}, "channel's own"),
        ({"alike": 2}, "between 0 and 1"),
        ({"parameters": {"": "x"}}, "at least 1"),
        ({"method": "POST"}, "not permitted"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, words):
    with pytest.raises(ValidationError, match=words):
        channel.Options.model_validate(options)
