"""The http3 probe against caddy, whose HTTP/3 is quic-go's, behind the runner that the daemon uses."""

import contextlib
import socket

import pytest
from caddyserver import caddy
from docspages import page, spans
from nameserver import nameserver, refusing, silent, zone
from namespace import ADDRESSES, needs_root, run_in_namespace
from pages import serve_pages
from visiting import Untroubled

from monitor.runner import Runner
from probes import http3
from probes.sample import Attempt, Fault, Outcome
from probes.target import Target
from probes.visit import beside


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return lambda: tmp_path_factory.mktemp("caddy")


@pytest.fixture(scope="module")
def leaf(authority):
    return authority.leaf("site.test", "other.test")


@pytest.fixture(scope="module")
def site(folder, leaf):
    """HTTP/3 that is advertised and works."""
    with caddy(folder(), leaf) as server:
        yield server


@contextlib.asynccontextmanager
async def probing(authority):
    """A round of the http3 probe. It takes the url, the timeout and the options, and gives the sample."""
    async with http3.open_probe() as opened:
        runner = Runner({"http3": opened}, Untroubled())

        async def run(url, timeout=10.0, attempt=Attempt.SCHEDULED, **options):
            chosen = http3.Options.model_validate({"ca": authority.ca_file} | options)
            return await runner.run(Target("vendor", "page", url, "here", "http3", chosen, timeout), attempt)

        yield run


@pytest.fixture
async def probe(authority):
    async with probing(authority) as run:
        yield run


@contextlib.contextmanager
def silent_udp(port):
    """A UDP port that takes all and says nothing."""
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", port))
        yield


@contextlib.contextmanager
def only_tcp(folder, leaf, advertised):
    """A site without HTTP/3 whose ``Alt-Svc`` is ``advertised``; PORT stands for its own port."""
    placeholder = advertised.replace("PORT", "{http.request.port}").replace('"', '\\"')
    directives = f'header Alt-Svc "{placeholder}"\nrespond "hello"'
    with caddy(folder(), leaf, protocols="h1 h2", directives=directives) as server:
        yield server


def facts(sample):
    return sample.evidence["http3"]


async def test_what_is_advertised_and_works_is_no_fault(site, probe):
    sample = await probe(site.url(), resolve=[site.resolve])
    assert (sample.outcome, sample.protocol, sample.status) == (Outcome.UP, "h3", 200), sample.detail
    said = facts(sample)
    assert (said["advertised"], said["works"], said["broken"], said["cleared"]) == (True, True, False, False)
    assert said["alt_svc"] == [
        {"protocol": "h3", "host": None, "port": site.port, "ma": 2_592_000, "persist": False}
    ]
    assert said["endpoint"] == f"site.test:{site.port}"
    assert said["url"] == site.url()
    # Where the address is pinned no name server is asked: what it would say is unknown, not no.
    assert (said["advertised_dns"], said["records"]) == (None, None)
    assert sample.vitals == {"http3_advertised": 1.0, "http3_works": 1.0, "http3_broken": 0.0}
    assert (said["version"], said["alpn"], said["retry"]) == ("1", "h3", False)
    assert said["tcp"]["protocol"] == "h2"
    described = page("docs/samples.md").under("HTTP/3", "fact").rows
    assert {name for row in described for name in spans(row[0])} == said.keys()


async def test_the_gain_is_the_difference_of_two_times_of_the_round(site, probe):
    sample = await probe(site.url(), resolve=[site.resolve], compare=["h1", "h2"])
    ttfb = facts(sample)["ttfb"]
    assert ttfb["h3"] == sample.ttfb
    assert ttfb["h1"] > 0
    assert facts(sample)["gain"] == ttfb["h2"] - ttfb["h3"]
    assert [hop.protocol for hop in sample.hops] == ["h3"]
    # Neither the visits before the try nor those after it are in the sample's own times.
    assert sample.client + sample.ttfb <= sample.duration
    only_h1 = facts(await probe(site.url(), resolve=[site.resolve], compare=["h1"]))
    assert only_h1["gain"] == only_h1["ttfb"]["h1"] - only_h1["ttfb"]["h3"]
    without = facts(await probe(site.url(), resolve=[site.resolve], compare=[]))
    in_a_burst = facts(await probe(site.url(), resolve=[site.resolve], attempt=Attempt.BURST))
    assert without["gain"] is None
    assert in_a_burst["gain"] is None
    assert without["ttfb"]["h2"] is None


async def test_without_time_nothing_is_compared(site, probe, monkeypatch):
    monkeypatch.setattr(beside, "LEAST_SECONDS", 60.0)
    said = facts(await probe(site.url(), resolve=[site.resolve]))
    assert (said["works"], said["ttfb"]["h2"], said["gain"]) == (True, None, None)


async def test_a_version_that_is_not_spoken_has_no_time(folder, leaf, probe):
    with caddy(folder(), leaf, protocols="h1 h3") as server:
        said = facts(await probe(server.url(), resolve=[server.resolve], compare=["h2", "h1"]))
    assert said["ttfb"]["h2"] is None
    assert said["gain"] == said["ttfb"]["h1"] - said["ttfb"]["h3"]


async def test_advertised_and_silent_is_broken(folder, leaf, probe, monkeypatch):
    monkeypatch.setattr(http3, "LOOK_SHARE", 0.9)  # this machine may be slow, and the silence is short
    with only_tcp(folder, leaf, 'h3=":PORT"; ma=60') as server, silent_udp(server.port):
        sample = await probe(server.url(), timeout=4.0, resolve=[server.resolve])
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.TIMEOUT)
    assert "no answer over HTTP/3 within" in sample.detail
    said = facts(sample)
    assert (said["advertised"], said["works"], said["broken"]) == (True, False, True)
    assert said["tcp"]["outcome"] == "up"
    assert sample.vitals == {"http3_advertised": 1.0, "http3_works": 0.0, "http3_broken": 1.0}
    assert (said["ttfb"], said["gain"], said["version"]) == ({"h1": None, "h2": None, "h3": None}, None, None)


async def test_advertised_and_refused_is_broken(folder, leaf, probe):
    with only_tcp(folder, leaf, 'h3=":PORT"') as server:
        sample = await probe(server.url(), resolve=[server.resolve])
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.CONNECT)
    assert facts(sample)["broken"] is True


async def test_the_place_that_is_advertised_is_the_one_that_is_tried(site, folder, leaf, probe):
    with only_tcp(folder, leaf, f'h3-29=":1", h3=":{site.port}"') as server:
        sample = await probe(server.url(), resolve=[server.resolve, site.resolve])
        other = await probe(server.url(), resolve=[server.resolve, f"site.test:{site.port}:127.0.0.9"])
    assert sample.outcome is Outcome.UP, sample.detail
    said = facts(sample)
    assert (said["endpoint"], said["works"]) == (f"site.test:{site.port}", True)
    assert sample.hops[0].url == server.url()
    assert said["alt_svc"][0]["protocol"] == "h3-29"
    assert facts(other)["broken"] is True


async def test_a_certificate_at_the_alternative_must_be_the_origins(authority, folder, leaf, probe):
    wrong = authority.leaf("elsewhere.test")
    with (
        caddy(folder(), wrong, name="elsewhere.test") as elsewhere,
        only_tcp(folder, leaf, f'h3="elsewhere.test:{elsewhere.port}"') as server,
    ):
        sample = await probe(server.url(), resolve=[server.resolve, elsewhere.resolve])
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.TLS)
    assert facts(sample)["broken"] is True
    assert facts(sample)["endpoint"] == f"elsewhere.test:{elsewhere.port}"


async def test_what_is_not_advertised_and_works_is_not_broken(folder, leaf, probe):
    with caddy(folder(), leaf, directives='header -Alt-Svc\nrespond "hello"') as server:
        async with nameserver(zone({"site.test": ["127.0.0.1"]})) as names:
            sample = await probe(server.url(), nameservers=[names.address])
    said = facts(sample)
    assert (said["advertised"], said["advertised_dns"]) == (False, False)
    assert (said["works"], said["broken"], said["records"]) == (True, False, [])
    assert sample.vitals == {"http3_advertised": 0.0, "http3_works": 1.0, "http3_broken": 0.0}


async def test_what_nobody_promised_and_fails_is_down_and_not_broken(folder, leaf, probe):
    with caddy(folder(), leaf, protocols="h1 h2") as server:
        async with nameserver(zone({"site.test": ["127.0.0.1"]})) as names:
            sample = await probe(server.url(), nameservers=[names.address])
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.CONNECT)
    assert (facts(sample)["works"], facts(sample)["broken"]) == (False, False)


async def test_clear_takes_the_promise_back(folder, leaf, probe):
    with only_tcp(folder, leaf, "clear") as server:
        said = facts(await probe(server.url(), resolve=[server.resolve]))
    assert (said["advertised"], said["cleared"], said["alt_svc"]) == (False, True, [])
    assert (said["works"], said["broken"]) == (False, None)  # DNS may still promise it: nobody was asked


async def test_a_promise_in_dns_is_a_fact_of_its_own(site, folder, leaf, probe):
    with caddy(folder(), leaf, protocols="h1 h2") as server:
        records = {
            f"_{server.port}._https.site.test": [f"1 site.test. alpn=h3,h2 port={site.port}"],
        }
        async with nameserver(zone({"site.test": ["127.0.0.1"]}, https=records)) as names:
            sample = await probe(server.url(), nameservers=[names.address])
    assert sample.outcome is Outcome.UP, sample.detail
    said = facts(sample)
    assert (said["advertised"], said["advertised_dns"], said["works"]) == (False, True, True)
    assert said["endpoint"] == f"site.test:{site.port}"
    assert (said["records"][0]["alpn"], said["records"][0]["port"]) == (["h3", "h2"], site.port)


async def test_a_promise_in_dns_that_fails_is_broken(folder, leaf, probe):
    with caddy(folder(), leaf, protocols="h1 h2") as server:
        records = {f"_{server.port}._https.site.test": ["1 site.test. alpn=h3"]}
        async with nameserver(zone({"site.test": ["127.0.0.1"]}, https=records)) as names:
            sample = await probe(server.url(), nameservers=[names.address])
    assert (facts(sample)["advertised"], facts(sample)["broken"]) == (False, True)
    assert sample.vitals["http3_advertised"] == 1.0


async def test_a_question_that_fails_is_unknown_and_no_fault(site, probe):
    answer = zone({"site.test": ["127.0.0.1"]})

    async def no_https(query, over_tcp):
        kind = query.question[0].rdtype
        return await (refusing(2) if kind == 65 else answer)(query, over_tcp)

    async with nameserver(no_https) as names:
        sample = await probe(site.url(), nameservers=[names.address])
    assert sample.outcome is Outcome.UP, sample.detail
    assert (facts(sample)["advertised_dns"], facts(sample)["records"]) == (None, None)
    assert "SERVFAIL" in facts(sample)["records_detail"]


async def test_a_question_that_nobody_answers_does_not_take_the_runs_time(site, probe):
    answer = zone({"site.test": ["127.0.0.1"]})

    async def no_https(query, over_tcp):
        return await (silent if query.question[0].rdtype == 65 else answer)(query, over_tcp)

    async with nameserver(no_https) as names:
        sample = await probe(site.url(), timeout=6.0, nameservers=[names.address])
    assert sample.outcome is Outcome.UP, sample.detail
    assert (facts(sample)["advertised_dns"], facts(sample)["records"]) == (None, None)
    assert facts(sample)["records_detail"] == "no answer within 1 s"


async def test_http3_works_where_tcp_is_down(site, probe):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    records = {f"_{port}._https.site.test": [f"1 site.test. alpn=h3 port={site.port}"]}
    async with nameserver(zone({"site.test": ["127.0.0.1"]}, https=records)) as names:
        sample = await probe(f"https://site.test:{port}/", nameservers=[names.address])
    assert sample.outcome is Outcome.UP, sample.detail
    said = facts(sample)
    # No response over TCP: what Alt-Svc would have said is unknown, not no.
    assert (said["advertised"], said["alt_svc"], said["cleared"]) == (None, None, None)
    assert (said["advertised_dns"], said["works"], said["broken"]) == (True, True, False)
    assert (said["tcp"]["outcome"], said["tcp"]["fault"]) == ("down", "connect")
    assert (said["gain"], said["ttfb"]["h2"]) == (None, None)


async def test_an_outage_of_all_is_not_put_down_to_http3(probe):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    records = {f"_{port}._https.site.test": ["1 site.test. alpn=h3"]}
    async with nameserver(zone({"site.test": ["127.0.0.1"]}, https=records)) as names:
        sample = await probe(f"https://site.test:{port}/", nameservers=[names.address])
    assert sample.outcome is Outcome.DOWN
    said = facts(sample)
    assert (said["advertised_dns"], said["works"], said["broken"]) == (True, False, None)
    assert "http3_broken" not in sample.vitals


ONLY_OVER_H3 = "@h3 protocol http/3\nrespond @h3 503\n"


async def test_a_page_that_fails_over_http3_alone_is_broken(folder, leaf, probe):
    with caddy(folder(), leaf, directives=f'{ONLY_OVER_H3}respond "hello"') as server:
        sample = await probe(server.url(), resolve=[server.resolve])
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.STATUS)
    assert (facts(sample)["works"], facts(sample)["broken"]) == (False, True)


async def test_a_page_that_fails_over_all_versions_is_not_broken_http3(folder, leaf, probe):
    with caddy(folder(), leaf, directives="respond 503") as server:
        sample = await probe(server.url(), resolve=[server.resolve])
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.STATUS)
    assert (facts(sample)["works"], facts(sample)["broken"]) == (True, False)


async def test_the_origin_that_redirects_lead_to_is_the_one_that_is_tried(site, folder, leaf, probe):
    refuses = (
        "@known header Cookie *\nrespond @known 403\n@named header Authorization *\nrespond @named 403\n"
    )
    with caddy(folder(), leaf, name="other.test", directives=f'{refuses}respond "there"') as other:
        directives = f"header -Alt-Svc\nredir {other.url('/page')}"
        with caddy(folder(), leaf, protocols="h1 h2", directives=directives) as server:
            sample = await probe(
                server.url(),
                resolve=[server.resolve, other.resolve],
                cookies={"session": "secret"},
                headers={"Authorization": "Bearer secret", "X-Plain": "1"},
            )
    assert sample.outcome is Outcome.UP, sample.detail
    said = facts(sample)
    assert (said["url"], said["works"]) == (other.url("/page"), True)
    assert [hop.url for hop in sample.hops] == [other.url("/page")]
    assert said["alt_svc"][0]["port"] == other.port
    assert said["gain"] is not None


async def test_a_redirect_on_the_pages_own_origin_is_part_of_the_visit(folder, leaf, probe):
    with caddy(folder(), leaf, directives='redir /from /to\nrespond /to "there"') as server:
        sample = await probe(server.url("/from"), resolve=[server.resolve])
    assert [(hop.url, hop.protocol) for hop in sample.hops] == [
        (server.url("/from"), "h3"), (server.url("/to"), "h3"),
    ]  # fmt: skip
    assert facts(sample)["url"] == server.url("/from")


async def test_an_alternative_leads_no_further_than_a_redirect_may(folder, leaf, probe):
    with only_tcp(folder, leaf, 'h3="192.168.0.1:443"') as server:
        sample = await probe(server.url(), resolve=[server.resolve])
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.REDIRECT)
    assert "the alternative leads to 192.168.0.1" in sample.detail
    assert (facts(sample)["works"], facts(sample)["broken"]) == (None, None)


async def test_a_page_without_https_has_no_http3(probe):
    async with serve_pages() as pages:
        sample = await probe(f"{pages.url}/")
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.PROTOCOL)
    assert "not at https" in sample.detail
    assert (facts(sample)["advertised"], facts(sample)["works"], facts(sample)["broken"]) == (
        False,
        False,
        None,
    )


async def test_a_page_that_leaves_https_did_not_come_over_http3(folder, leaf, probe):
    async with serve_pages() as pages:
        directives = f'@h3 protocol http/3\nredir @h3 {pages.url}/\nrespond "x"'
        with caddy(folder(), leaf, directives=directives) as server:
            sample = await probe(server.url(), resolve=[server.resolve])
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.PROTOCOL)
    assert f"it ends at {pages.url}/" in sample.detail
    assert facts(sample)["works"] is True  # its own origin did answer over it


@needs_root
def test_a_way_that_this_machine_does_not_have_breaks_no_promise(folder, leaf, authority):
    async def scenario():
        async with probing(authority) as probe:
            with only_tcp(folder, leaf, 'h3="nowhere.test:443"') as server:
                pins = [server.resolve, "nowhere.test:443:192.88.99.1"]  # the namespace has no way out
                sample = await probe(server.url(), resolve=pins)
        assert sample.outcome is Outcome.UNKNOWN, sample.detail
        said = facts(sample)
        assert (said["advertised"], said["works"], said["broken"]) == (True, None, None)
        assert sample.vitals == {"http3_advertised": 1.0}

    run_in_namespace(scenario(), *ADDRESSES)


async def test_options_that_cannot_be_used_are_our_own_fault(site, probe):
    sample = await probe(site.url(), headers={"X-Key": {"env": "LANDWATCH_IS_NOT_SET"}})
    assert (sample.outcome, sample.fault) == (Outcome.UNKNOWN, Fault.INTERNAL)
    assert sample.vitals == {}


async def test_what_is_seen_is_kept_when_the_run_is_cut_off(folder, leaf, probe, monkeypatch):
    """The runner's own deadline, were it to pass first."""
    monkeypatch.setattr(http3, "MARGIN_SECONDS", -5.0)
    monkeypatch.setattr(http3, "LOOK_SHARE", 0.9)
    with only_tcp(folder, leaf, 'h3=":PORT"') as server, silent_udp(server.port):
        sample = await probe(server.url(), timeout=4.0, resolve=[server.resolve])
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.TIMEOUT)
    assert facts(sample)["broken"] is True
