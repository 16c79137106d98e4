"""What a round of the ``http3`` probe found, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from monitor.cli.amounts import milliseconds
from monitor.cli.printable import printable
from probes.sample import Sample

_NAMES = {"h1": "HTTP/1.1", "h2": "HTTP/2", "h3": "HTTP/3"}
_WORKS = {
    True: "yes: it answered at {}",
    False: "no: it was tried at {}",
    None: "unknown: the try at {} does not say",
}
_BROKEN = {
    True: "yes: it is advertised, and fails; that costs visitors time",
    False: "no",
    None: "unknown: the round does not say",
}


def facts(sample: Sample) -> Iterator[tuple[str, str]]:
    """The four facts, each for itself, and what they were learnt from."""
    found = sample.evidence.get("http3")
    if found is None:
        return
    if found["url"] != sample.url:
        yield "HTTP/3", printable(f"looked for at {found['url']}, where redirects lead")
    yield "advertised", printable(_by_alt_svc(found))
    yield "in DNS", printable(_in_dns(found))
    yield "works", printable(_WORKS[found["works"]].format(found["endpoint"]))
    yield "broken", _BROKEN[found["broken"]]
    if found["version"] is not None:
        yield "QUIC", printable(_quic(found))
    if found["gain"] is not None:
        yield "compared", _compared(found)


def _by_alt_svc(found: dict[str, Any]) -> str:
    if found["advertised"] is None:
        return f"unknown: over TCP there was no answer: {found['tcp']['detail']}"
    said = ", ".join(f"{each['protocol']} at {_place(each)}" for each in found["alt_svc"])
    if found["cleared"]:
        return "no: Alt-Svc takes every alternative back (clear)"
    words = f"{'yes' if found['advertised'] else 'no'}: Alt-Svc has {said or 'nothing'}"
    return f"{words}, and {found['malformed']} malformed" if found["malformed"] else words


def _place(alternative: dict[str, Any]) -> str:
    host = alternative["host"] or ""
    return f"{f'[{host}]' if ':' in host else host}:{alternative['port']} for {alternative['ma']} s"


def _in_dns(found: dict[str, Any]) -> str:
    if found["records"] is None:
        return f"unknown: {found['records_detail']}"
    said = "; ".join(_record(each) for each in found["records"])
    return f"{'yes' if found['advertised_dns'] else 'no'}: {said or 'there is no HTTPS record'}"


def _record(record: dict[str, Any]) -> str:
    target = record["target"] or "nothing"
    if record["priority"] == 0:
        return f"alias of {target}"
    port = f":{record['port']}" if record["port"] is not None else ""
    return f"{target}{port} speaks {', '.join(record['alpn']) or 'no protocol that it names'}"


def _quic(found: dict[str, Any]) -> str:
    words = [f"version {found['version']}, {found['alpn']}"]
    if found["retry"]:
        words.append("our address was validated by a Retry")
    if found["zero_rtt"] is not None:
        words.append("tickets allow early data" if found["zero_rtt"] else "tickets allow no early data")
    return "; ".join(words)


def _compared(found: dict[str, Any]) -> str:
    times = [
        f"{_NAMES[name]} {milliseconds(took)}" for name, took in found["ttfb"].items() if took is not None
    ]
    gain = found["gain"]
    which = "sooner" if gain >= 0 else "later"
    return f"TTFB over {', '.join(times)}: HTTP/3 is {milliseconds(abs(gain))} {which}"
