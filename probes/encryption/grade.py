"""From what was found to a grade, and the reasons for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from probes.encryption.grades import GRADES, place
from probes.encryption.rules import RULES

BEST = GRADES[-1]


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether a rule is broken; ``None`` where that is not known."""

    broken: bool | None
    detail: str | None = None
    """What exactly, or why it is not known."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A grade with its reasons."""

    grade: str | None
    """``None`` where what is not known could make it worse by much."""
    reasons: tuple[str, ...]
    """What holds the grade down, the worst first; each begins with the best grade that it allows."""


def judge(findings: Mapping[str, Finding]) -> Verdict:
    """The grade of an encryption by what was found for each rule; a rule without a finding is not known."""
    caps, reasons, unknown = [BEST], [], []
    open_caps = [BEST]
    for rule in RULES:
        finding = findings.get(rule.name, Finding(None))
        detail = f": {finding.detail}" if finding.detail else ""
        if finding.broken:
            caps.append(rule.cap)
            reasons.append(f"{rule.cap}: {rule.words}{detail}")
        elif finding.broken is None:
            if rule.unknown is None:
                open_caps.append(rule.cap)
            else:
                caps.append(rule.unknown)
            unknown.append(f"not known: {rule.subject}{detail}")
    grade = min(caps, key=place)
    undecided = place(min(open_caps, key=place)) < place(grade)
    return Verdict(None if undecided else grade, (*reasons, *unknown))
