"""What a target's options come to, worked out once and used at every visit."""

from __future__ import annotations

import base64
import ipaddress
from dataclasses import dataclass, replace

import httpx

from probes.target import Target
from probes.units import Secret
from probes.visit.options import Options, parse_pin, parse_server
from probes.visit.step import Step, step_to
from probes.wire.addresses import Address, IpNetwork, Scope
from probes.wire.decode import ACCEPTED
from probes.wire.exchange import Headers, Request
from probes.wire.tls import Terms, terms
from probes.wire.trust import Trust

USER_AGENT = "landwatch/0.1 (landing-page monitor)"

# Over HTTP/3, what is left for TLS on TCP is nothing: only http:// goes over TCP then.
_ALPN = {"auto": ("h2", "http/1.1"), "h1": ("http/1.1",), "h2": ("h2",), "h3": ()}

# What a browser sends that opens a page.
_DEFAULT_HEADERS = {
    "user-agent": USER_AGENT,
    "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "accept-encoding": ACCEPTED,
    "accept-language": "en",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """A target, ready to be visited."""

    first: Step
    request: Request
    """The first request, the same at every visit."""
    headers: Headers
    """Sent everywhere."""
    credentials: Headers
    """Sent to the page's own origin only."""
    options: Options
    trust: Trust
    terms: Terms
    pins: dict[tuple[str, int], list[Address]]
    servers: tuple[tuple[str, int], ...]
    networks: tuple[IpNetwork, ...]
    proxy: httpx.URL | None
    lasting: bool
    """Whether it holds for further visits: a secret is read anew each time, in case it was changed."""
    alternative: tuple[str, int] | None = None
    """Another host and port at which the first step's origin is asked for over HTTP/3 (RFC 7838)."""
    within: Scope | None = None
    """How far the first address may reach, where it is not the config that says where to go."""


def make_plan(target: Target) -> Plan:
    """Work out how ``target`` is visited.

    Raises:
        ValueError: a secret or a file that its options name cannot be read.
        httpx.InvalidURL: its URL is none.
    """
    options: Options = target.options
    headers = _DEFAULT_HEADERS | {name.lower(): _reveal(value) for name, value in options.headers.items()}
    credentials: dict[str, str] = {
        name: headers.pop(name) for name in ("authorization", "cookie") if name in headers
    }
    if options.cookies:
        pairs = [f"{name}={_reveal(value)}" for name, value in options.cookies.items()]
        credentials["cookie"] = "; ".join([*filter(None, [credentials.get("cookie")]), *pairs])
    if options.auth is not None:
        credentials["authorization"] = _authorization(options)
    pins: dict[tuple[str, int], list[Address]] = {}
    for pin in options.resolve:
        host, port, address = parse_pin(pin)
        pins.setdefault((host, port), []).append(address)
    certificate = options.client_certificate
    trust = Trust(
        ca=options.ca,
        verify=not options.insecure,
        certificate=(certificate.certificate, certificate.key) if certificate else None,
    )
    alpn = _ALPN["h1" if options.proxy else options.protocol]
    proxy = httpx.URL(options.proxy) if options.proxy else None
    first = step_to(httpx.URL(target.url), options.method.encode(), (options.body or "").encode())
    if not alpn and first.scheme != "https":
        raise ValueError("protocol h3 needs an https URL")
    return Plan(
        first=first,
        request=make_request(first, (*_encoded(headers), *_encoded(credentials)), proxied=proxy is not None),
        headers=_encoded(headers),
        credentials=_encoded(credentials),
        options=options,
        trust=trust,
        terms=terms(trust, alpn),
        pins=pins,
        servers=tuple(parse_server(server) for server in options.nameservers),
        networks=tuple(ipaddress.ip_network(network) for network in options.allow_networks),
        proxy=proxy,
        lasting=not _has_secrets(options),
    )


def over(plan: Plan, protocol: str) -> Plan:
    """The same visit over one version of HTTP: ``h1``, ``h2`` or ``h3``; ``http://`` stays HTTP/1.1."""
    options = plan.options.model_copy(update={"protocol": protocol})
    return replace(plan, options=options, terms=terms(plan.trust, _ALPN[protocol]))


def make_request(step: Step, headers: Headers, *, proxied: bool) -> Request:
    """The request for ``step``; a proxy is given the absolute form where it is to read the request itself."""
    target = step.target
    if proxied and step.scheme == "http":
        target = b"http://" + step.authority + target  # RFC 9112, section 3.2.2
    return Request(step.method, step.scheme.encode(), step.authority, target, headers, step.body)


def _reveal(value: str | Secret) -> str:
    return value.reveal() if isinstance(value, Secret) else value


def _authorization(options: Options) -> str:
    assert options.auth is not None
    if options.auth.bearer is not None:
        return f"Bearer {options.auth.bearer.reveal()}"
    assert options.auth.basic is not None
    pair = f"{options.auth.basic.user}:{options.auth.basic.password.reveal()}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def _encoded(headers: dict[str, str]) -> Headers:
    return tuple(
        (name.encode("ascii"), value.encode("latin-1", "replace")) for name, value in headers.items()
    )


def _has_secrets(options: Options) -> bool:
    values = [*options.headers.values(), *options.cookies.values()]
    return options.auth is not None or any(isinstance(value, Secret) for value in values)
