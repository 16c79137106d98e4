"""Puts a report together as one file of HTML. Names come from outside: the template escapes every one."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from monitor.report.happening_words import LASTING, NO_ANOMALY, NO_OUTAGE
from monitor.report.html.comparison import comparisons
from monitor.report.html.sections import sections
from monitor.report.html.summary import summary
from monitor.report.region_words import CAPTION
from monitor.report.report import Report
from monitor.report.words import finding_words, moment_words
from monitor.scorecard.scorecard import Group
from monitor.scorecard.words import result_words
from monitor.sla.verdict import Finding

_NO_BREAK = "\N{NO-BREAK SPACE}"
_LOOSE = re.compile(r"(?<=\d) (?=(?:%|ms|s|min|h|days)(?![\w-]))|(?<=[\u2264\u2265]) ")


@dataclass(frozen=True, slots=True)
class Origin:
    """By what a report was made."""

    version: str
    """Of this program."""
    config: str
    """The name of the config."""
    config_hash: str
    """Its SHA-256, as hexadecimal digits."""


def render_html(report: Report, origin: Origin) -> str:
    """The whole report as one document that needs nothing else."""
    environment = Environment(
        loader=PackageLoader("monitor.report.html"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        finalize=_tied,
    )
    environment.globals.update(
        finding_words=finding_words, lasting=LASTING, no_outage=NO_OUTAGE, no_anomaly=NO_ANOMALY
    )
    style = environment.get_template("report.css").render()
    return environment.get_template("report.html").render(
        report=report,
        origin=origin,
        made_at=moment_words(report.made_at),
        summary=summary(report),
        comparisons=comparisons(report),
        vendors=sections(report),
        findings=list(Finding),
        groups=Group,
        result_words=result_words,
        regions_caption=CAPTION,
        style=Markup(style),  # noqa: S704  # our own file, and its hash stands in the policy
        style_hash=_hash(style),
    )


def _tied(value: object) -> object:
    """Text in which no line breaks between a figure and its unit."""
    return _LOOSE.sub(_NO_BREAK, value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _hash(style: str) -> str:
    """By it the document's policy allows its own style, and no other."""
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
