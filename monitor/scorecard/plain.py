"""A scorecard as JSON has it: figures as numbers and in words, what is not known null."""

from __future__ import annotations

from typing import Any

from monitor.scorecard.scorecard import Card, Line, Result, Scorecard


def plain_scorecard(scorecard: Scorecard) -> dict[str, Any]:
    """The whole scorecard."""
    return {
        "stage": scorecard.stage,
        "over": scorecard.over,
        "first": scorecard.first,
        "last": scorecard.last,
        "running": scorecard.running,
        "result": scorecard.result,
        "vendors": [_card(card) for card in scorecard.cards],
    }


def _card(card: Card) -> dict[str, Any]:
    return {
        "vendor": card.vendor,
        "result": card.result,
        "results": {each.value: card.counts[each] for each in Result},
        "lines": [_line(line) for line in card.lines],
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "name": line.name,
        "kind": line.kind,
        "group": line.group,
        "unit": line.unit,
        "target": line.target,
        "target_words": line.target_words or None,
        "value": line.value,
        "value_words": line.value_words,
        "result": line.result,
        "words": line.words or None,
        "missing": list(line.missing),
        "notes": list(line.notes),
        "days": line.days,
        "of": line.of,
        "evidence": list(line.evidence),
        "sources": list(line.sources),
    }
