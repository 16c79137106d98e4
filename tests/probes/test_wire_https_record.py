import dns.message
import dns.rcode
import dns.rrset
import pytest
from nameserver import nameserver, refusing, silent, zone

from probes.failure import Failure
from probes.wire import query
from probes.wire.https_record import MOST_ALIASES, MOST_RECORDS, HttpsRecord, https_records, record_name
from probes.wire.names import Names


async def _ask(https, host="site.test", port=443, records=None):
    async with nameserver(zone(records or {}, https=https)) as server:
        found = await https_records([(server.host, server.port)], host, port)
        return found, [name for name, kind, _ in server.asked if kind == "HTTPS"]


async def test_a_record_is_read_whole():
    hints = "ipv4hint=192.0.2.1,192.0.2.2 ipv6hint=2001:db8::1"
    text = f"1 . alpn=h3,h2 no-default-alpn port=8443 {hints} ech=AAQAAAAA"
    found, asked = await _ask({"site.test": [text]})
    assert asked == ["site.test"]
    assert found == [
        HttpsRecord(
            1, "site.test", ("h3", "h2"), True, 8443, ("192.0.2.1", "192.0.2.2"), ("2001:db8::1",), ech=True
        )
    ]
    assert found[0].h3
    assert found[0].evidence() == {
        "priority": 1, "target": "site.test", "alpn": ["h3", "h2"], "no_default_alpn": True, "port": 8443,
        "ipv4hint": ["192.0.2.1", "192.0.2.2"], "ipv6hint": ["2001:db8::1"], "ech": True, "usable": True,
    }  # fmt: skip


async def test_what_a_record_does_not_say_is_not_there():
    found, _ = await _ask({"site.test": ["1 ."]})
    assert found == [HttpsRecord(1, "site.test")]
    assert not found[0].h3


async def test_records_come_by_priority_whatever_the_answers_order():
    found, _ = await _ask({"site.test": ["20 b.test. alpn=h2", "3 A.test. alpn=h3"]})
    assert [(each.priority, each.target, each.h3) for each in found] == [
        (3, "a.test", True), (20, "b.test", False),
    ]  # fmt: skip


async def test_another_port_has_a_name_of_its_own():
    assert record_name("site.test", 443) == "site.test."
    found, asked = await _ask({"_8443._https.site.test": ["1 site.test. alpn=h3"]}, port=8443)
    assert asked == ["_8443._https.site.test"]
    assert found[0].target == "site.test"


async def test_an_alias_is_followed_and_what_stands_beside_it_is_not_heeded():
    found, asked = await _ask(
        {"site.test": ["0 pool.test.", "1 . alpn=h3"], "pool.test": ["1 . alpn=h2 port=99"]}
    )
    assert asked == ["site.test", "pool.test"]
    assert found == [HttpsRecord(0, "pool.test"), HttpsRecord(1, "pool.test", ("h2",), port=99)]


async def test_an_alias_to_nothing_ends_it():
    assert (await _ask({"site.test": ["0 ."]}))[0] == [HttpsRecord(0, "")]


async def test_an_alias_to_a_name_without_records_is_all_there_is():
    found, _ = await _ask({"site.test": ["0 pool.test."]}, records={"pool.test": ["192.0.2.1"]})
    assert found == [HttpsRecord(0, "pool.test")]


async def test_aliases_in_a_circle_or_without_end_are_no_answer():
    with pytest.raises(Failure, match="circle"):
        await _ask({"site.test": ["0 b.test."], "b.test": ["0 site.test."]})
    endless = {f"{n}.test": [f"0 {n + 1}.test."] for n in range(MOST_ALIASES + 5)}
    with pytest.raises(Failure, match=f"more than {MOST_ALIASES} aliases"):
        await _ask(endless, host="0.test")


@pytest.mark.parametrize(
    ("text", "usable"),
    [("1 . alpn=h3 port=443 mandatory=alpn,port", True), ("1 . alpn=h3 key9999=x mandatory=key9999", False)],
)
async def test_a_record_with_something_mandatory_that_nobody_knows_leads_nobody(text, usable):
    found, _ = await _ask({"site.test": [text]})
    assert (found[0].usable, found[0].h3) == (usable, usable)


async def test_drafts_are_not_http3():
    found, _ = await _ask({"site.test": ["1 . alpn=h3-29,h2"]})
    assert not found[0].h3


async def test_no_record_and_no_name_are_answers():
    assert (await _ask({}, records={"site.test": ["192.0.2.1"]}))[0] == []
    assert (await _ask({}))[0] == []


async def test_how_many_records_are_looked_at_is_bounded():
    found, _ = await _ask({"site.test": [f"{n} h{n}.test." for n in range(1, MOST_RECORDS + 20)]})
    assert len(found) == MOST_RECORDS


async def test_records_behind_a_cname_are_found():
    async def answer(asked, over_tcp):
        message = dns.message.make_response(asked)
        name = asked.question[0].name
        message.answer.append(dns.rrset.from_text(name, 60, "IN", "CNAME", "edge.test."))
        message.answer.append(dns.rrset.from_text("edge.test.", 60, "IN", "HTTPS", "1 . alpn=h3"))
        return [message.to_wire()]

    async with nameserver(answer) as server:
        found = await https_records([(server.host, server.port)], "site.test", 443)
    assert found == [HttpsRecord(1, "edge.test", ("h3",))]


async def test_a_look_up_that_fails_is_told_from_no_record(monkeypatch):
    async with nameserver(refusing(dns.rcode.SERVFAIL)) as server:
        with pytest.raises(Failure, match="SERVFAIL"):
            await https_records([(server.host, server.port)], "site.test", 443)
    async with nameserver(refusing(dns.rcode.YXDOMAIN)) as server:
        with pytest.raises(Failure, match="YXDOMAIN"):
            await https_records([(server.host, server.port)], "site.test", 443)
    monkeypatch.setattr(query, "TRY_SECONDS", 0.05)
    async with nameserver(silent) as server:
        with pytest.raises(Failure, match="no answer"):
            await https_records([(server.host, server.port)], "site.test", 443)


def test_nobody_is_asked_where_the_address_is_known(tmp_path):
    hosts, resolv_conf = tmp_path / "hosts", tmp_path / "resolv.conf"
    hosts.write_text("192.0.2.1 listed.test\n")
    resolv_conf.write_text("nameserver 192.0.2.53\n")
    names = Names(hosts, resolv_conf)
    pins = {("pinned.test", 443): [object()]}
    assert names.servers("listed.test", 443) is None
    assert names.servers("192.0.2.1", 443) is None
    assert names.servers("localhost", 443) is None
    assert names.servers("Pinned.test.", 443, pins=pins) is None
    assert names.servers("pinned.test", 8443, pins=pins) == names.servers("free.test", 443)
    assert list(names.servers("free.test", 443)) == [("192.0.2.53", 53)]
    assert list(names.servers("free.test", 443, servers=[("192.0.2.54", 53)])) == [("192.0.2.54", 53)]
