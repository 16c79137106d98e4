"""The option ``protocols`` of the http probe: the page over several versions of HTTP in one round."""

import pytest
from caddyserver import caddy
from pages import serve_pages
from pydantic import ValidationError

from probes import http
from probes.sample import Outcome

ALL = ["h1", "h2", "h3"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return lambda: tmp_path_factory.mktemp("caddy")


@pytest.fixture(scope="module")
def leaf(authority):
    return authority.leaf("site.test", "other.test")


@pytest.fixture(scope="module")
def site(folder, leaf):
    with caddy(folder(), leaf) as server:
        yield server


async def test_the_page_is_measured_over_each_version_in_one_round(site, visit, authority):
    sample = await visit(
        site.url(), timeout=10.0, ca=authority.ca_file, resolve=[site.resolve], protocols=ALL
    )
    assert sample.outcome is Outcome.UP, sample.detail
    found = sample.evidence["protocols"]
    assert list(found) == ALL
    for version, seen in found.items():
        assert (seen["outcome"], seen["protocol"], seen["status"]) == ("up", version, 200)
        assert seen["ttfb"] > 0
    assert found["h3"]["tls"] is None  # QUIC's handshake is its connect
    assert found["h2"]["tls"] > 0
    # The sample's own figures are of its own visit.
    assert (sample.protocol, len(sample.hops)) == ("h2", 1)


async def test_a_version_that_is_not_served_is_a_finding_and_no_fault(folder, leaf, visit, authority):
    with caddy(folder(), leaf, protocols="h1") as server:
        sample = await visit(
            server.url(), timeout=10.0, ca=authority.ca_file, resolve=[server.resolve], protocols=ALL
        )
    assert sample.outcome is Outcome.UP
    found = sample.evidence["protocols"]
    assert [found[version]["outcome"] for version in ALL] == ["up", "down", "down"]
    assert (found["h2"]["fault"], found["h3"]["fault"]) == ("tls", "connect")
    assert found["h3"]["ttfb"] is None


async def test_http3_is_tried_where_the_page_says_that_it_is(site, folder, leaf, visit, authority):
    directives = f'header Alt-Svc "h3=\\":{site.port}\\""\nrespond "hello"'
    with caddy(folder(), leaf, protocols="h1 h2", directives=directives) as server:
        options = {"ca": authority.ca_file, "resolve": [server.resolve, site.resolve], "protocols": ["h3"]}
        sample = await visit(server.url(), timeout=10.0, **options)
        assert sample.evidence["protocols"]["h3"]["outcome"] == "up"
        # What another origin says is not said of this one.
        with caddy(folder(), leaf, "other.test", "h1 h2", f"redir {server.url()}") as other:
            options["resolve"].append(other.resolve)
            sample = await visit(other.url(), timeout=10.0, **options)
    assert sample.outcome is Outcome.UP
    assert sample.evidence["protocols"]["h3"]["fault"] == "connect"


async def test_a_page_without_https_has_no_other_version(visit):
    async with serve_pages() as pages:
        sample = await visit(pages.url, timeout=10.0, protocols=["h1", "h3"])
    found = sample.evidence["protocols"]
    assert found["h1"]["outcome"] == "up"
    assert (found["h3"]["outcome"], found["h3"]["ttfb"]) == (None, None)
    assert "where this is not spoken" in found["h3"]["detail"]


async def test_without_time_nothing_is_known(site, visit, authority, monkeypatch):
    monkeypatch.setattr("probes.visit.beside.LEAST_SECONDS", 60.0)
    sample = await visit(
        site.url(), timeout=10.0, ca=authority.ca_file, resolve=[site.resolve], protocols=["h1"]
    )
    assert set(sample.evidence["protocols"]["h1"].values()) == {None}


def test_a_proxy_speaks_for_itself():
    with pytest.raises(ValidationError, match="protocols can't stand beside proxy"):
        http.Options(proxy="http://127.0.0.1:3128", protocols=("h1",))
