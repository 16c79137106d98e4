"""What the demo's vendors serve: small landing pages with a style sheet and a picture, and their faults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from string import Template
from types import MappingProxyType

from monitor.demo.plan import Mode

HTML = "text/html; charset=utf-8"

SHOPS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "swift": {
            "brand": "Swift & Daughters",
            "headline": "The rain jacket that fits in a pocket",
            "pitch": "Light as a letter, tight as a drum. In six colours, at the spring price.",
            "product": "A yellow rain jacket",
            "before": "119 EUR",
            "price": "79 EUR",
            "colour": "#e8b004",
        },
        "slow": {
            "brand": "Slow Loaf",
            "headline": "Sourdough, at your door on Saturday",
            "pitch": "Forty hours of patience in every loaf. Choose three, and the fourth is on us.",
            "product": "A loaf of dark bread",
            "before": "28 EUR",
            "price": "21 EUR",
            "colour": "#9a5b2c",
        },
        "shaky": {
            "brand": "Shaky Table Co.",
            "headline": "A desk that stands, and stands up with you",
            "pitch": "Oak, steel and a quiet motor. Built in a day, stable for a lifetime.",
            "product": "A standing desk of oak",
            "before": "690 EUR",
            "price": "549 EUR",
            "colour": "#3d6f8e",
        },
    }
)

STYLE = """
:root { --ink: #22262b; --paper: #fdfcf9; --accent: $colour; }
* { box-sizing: border-box; }
body { margin: 0; font: 17px/1.55 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
a { color: inherit; text-decoration: none; }
.bar { display: flex; justify-content: space-between; padding: 1rem 5vw; border-bottom: 1px solid #0001; }
.bar nav a { margin-left: 1.2rem; opacity: .7; }
.brand { font-weight: 700; }
.hero { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: 3rem;
  padding: 4rem 5vw; align-items: center; }
.hero img { width: 100%; height: auto; border-radius: 1rem; }
h1 { font-size: clamp(2rem, 5vw, 3.2rem); line-height: 1.1; margin: 0 0 1rem; }
.price strong { font-size: 1.8rem; color: var(--accent); }
button { font: inherit; font-weight: 600; padding: .9rem 2rem; border: 0; border-radius: .6rem; color: #fff;
  background: var(--accent); cursor: pointer; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); gap: 2rem;
  padding: 2rem 5vw; }
.reviews { padding: 2rem 5vw; background: #0000000a; }
.small, footer, cite { font-size: .85rem; opacity: .7; }
footer { padding: 2rem 5vw; }
"""

HERO = """<svg xmlns="http://www.w3.org/2000/svg" width="640" height="420" viewBox="0 0 640 420">
<defs><linearGradient id="sky" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#f4f1ea"/>\
<stop offset="1" stop-color="$colour" stop-opacity=".45"/></linearGradient></defs>
<rect width="640" height="420" fill="url(#sky)"/><circle cx="500" cy="110" r="52" fill="#fff" opacity=".8"/>
<path d="M0 330 Q160 250 320 320 T640 300 V420 H0Z" fill="$colour" opacity=".6"/>
<path d="M0 370 Q200 310 400 365 T640 350 V420 H0Z" fill="$colour"/>
<rect x="250" y="150" width="140" height="170" rx="24" fill="$colour" stroke="#fff" stroke-width="6"/>
</svg>
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response: status, kind of content, body, and headers of its own."""

    status: int
    kind: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


ERROR = Answer(502, HTML, b"<html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>")
MISSING = Answer(404, HTML, b"<html><head><title>404 Not Found</title></head><body>Not Found</body></html>")


def answer(vendor: str, path: str, query: str, mode: Mode) -> Answer:
    """What ``vendor`` says to a request for ``path`` in ``mode``.

    ``/go`` leads to ``/sale`` with the query, of which ``shaky`` loses where a visitor came from.
    """
    if mode is Mode.ERROR:
        return ERROR
    if mode is Mode.CHALLENGE:
        return _challenge()
    if path == "/go":
        if vendor == "shaky":
            query = "&".join(pair for pair in query.split("&") if not pair.startswith("utm_"))
        return Answer(302, HTML, b"", {"location": f"/sale?{query}" if query else "/sale"})
    return _site(vendor).get(path, MISSING)


@cache
def _challenge() -> Answer:
    headers = {"cf-mitigated": "challenge", "server": "cloudflare", "cache-control": "private, no-store"}
    return Answer(403, HTML, _template("challenge.html").template.encode(), headers)


@cache
def _site(vendor: str) -> Mapping[str, Answer]:
    shop = SHOPS[vendor]
    page = Answer(200, HTML, _template("page.html").substitute(shop).encode(), {"cache-control": "no-cache"})
    kept = {"cache-control": "public, max-age=86400"}
    style = Answer(200, "text/css; charset=utf-8", Template(STYLE).substitute(shop).encode(), kept)
    hero = Answer(200, "image/svg+xml", Template(HERO).substitute(shop).encode(), kept)
    return {"/": page, "/sale": page, "/style.css": style, "/hero.svg": hero}


def _template(name: str) -> Template:
    return Template(files("monitor.demo").joinpath(name).read_text("utf-8"))
