"""The kinds of panels that the dashboards are built of, and what all of them share.

Everything here makes panels of Grafana's own models (grafana-foundation-sdk), so that a key which Grafana
does not know can't be written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from grafana_foundation_sdk.builders import (
    bargauge,
    common,
    prometheus,
    stat,
    statetimeline,
    table,
    timeseries,
)
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import common as words
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models.prometheus import PromQueryFormat
from look import LINK, Column, Look, Meanings, Query, Steps

SOURCE = model.DataSourceRef(type_val="prometheus", uid="${datasource}")


class Made(Builder[model.Panel]):
    """A panel that is made already."""

    def __init__(self, panel: model.Panel) -> None:
        self._panel = panel

    def build(self) -> model.Panel:
        """The panel."""
        return self._panel


def lines(
    title: str,
    description: str,
    queries: Sequence[Query],
    look: Look,
    *,
    width: int = 12,
    height: int = 8,
    stacked: bool = False,
    dashed: str = "",
    repeat: str = "",
) -> Made:
    """Figures over time, the steps as lines. ``dashed`` is the letter of the query that has the target."""
    panel = (
        timeseries.Panel()
        .line_width(1)
        .fill_opacity(40 if stacked else 0)
        .show_points(words.VisibilityMode.AUTO)
        .legend(
            common.VizLegendOptions()
            .show_legend(True)
            .display_mode(words.LegendDisplayMode.LIST)
            .placement(words.LegendPlacement.BOTTOM)
        )
        .tooltip(
            common.VizTooltipOptions().mode(words.TooltipDisplayMode.MULTI).sort(words.SortOrder.DESCENDING)
        )
        .thresholds_style(
            common.GraphThresholdsStyleConfig().mode(
                words.GraphThresholdsStyleMode.DASHED
                if len(look.steps) > 1
                else words.GraphThresholdsStyleMode.OFF
            )
        )
        .stacking(
            common.StackingConfig().mode(words.StackingMode.NORMAL if stacked else words.StackingMode.NONE)
        )
        .color_scheme(build.FieldColor().mode(model.FieldColorModeId.PALETTE_CLASSIC))
    )
    if dashed:
        style = model.DynamicConfigValue("custom.lineStyle", {"fill": "dash", "dash": [8, 8]})
        panel.override_by_query(dashed, [style])
    if repeat:
        panel.repeat(repeat).repeat_direction("h").max_per_row(3)
    return _finish(panel, title, description, _targets(queries), look, width, height)


def numbers(
    title: str, description: str, queries: Sequence[Query], look: Look, *, width: int = 6, height: int = 4
) -> Made:
    """Figures of now, in large."""
    panel = (
        stat.Panel()
        .graph_mode(words.BigValueGraphMode.NONE)
        .color_mode(words.BigValueColorMode.VALUE)
        .text_mode(words.BigValueTextMode.VALUE_AND_NAME)
        .reduce_options(_last())
    )
    for letter, query in zip(_LETTERS, queries, strict=False):
        if query.steps:
            steps = model.DynamicConfigValue("thresholds", _thresholds(query.steps).build())
            panel.override_by_query(letter, [steps])
    return _finish(panel, title, description, _targets(queries, instant=True), look, width, height)


def bars(
    title: str, description: str, queries: Sequence[Query], look: Look, *, width: int = 12, height: int = 8
) -> Made:
    """Figures of now as bars, in the order in which the query gives them."""
    panel = (
        bargauge.Panel()
        .orientation(words.VizOrientation.HORIZONTAL)
        .display_mode(words.BarGaugeDisplayMode.BASIC)
        .show_unfilled(True)
        .reduce_options(_last())
    )
    return _finish(panel, title, description, _targets(queries, instant=True), look, width, height)


def states(
    title: str,
    description: str,
    queries: Sequence[Query],
    meanings: Meanings,
    *,
    width: int = 12,
    height: int = 8,
) -> Made:
    """Which state something was in over time. Where nothing is known there is a gap."""
    panel = (
        statetimeline.Panel()
        .merge_values(True)
        .show_value(words.VisibilityMode.NEVER)
        .row_height(0.8)
        .line_width(0)
        .fill_opacity(70)
        .legend(
            common.VizLegendOptions()
            .show_legend(True)
            .display_mode(words.LegendDisplayMode.LIST)
            .placement(words.LegendPlacement.BOTTOM)
        )
    )
    return _finish(panel, title, description, _targets(queries), Look(meanings=meanings), width, height)


def rows(
    title: str,
    description: str,
    labels: Sequence[str],
    columns: Sequence[Column],
    *,
    worst: Iterable[tuple[str, bool]] = (),
    width: int = 24,
    height: int = 9,
) -> Made:
    """A table with a row for each set of labels. ``worst`` are the columns to sort by, and whether downwards.

    A cell is empty where its query has nothing for the row: nothing is made up.
    """
    panel = table.Panel().show_header(True).filterable(True)
    panel.sort_by([common.TableSortByFieldState().display_name(name).desc(down) for name, down in worst])
    targets = []
    names = {}
    if {"vendor", "page"} <= set(labels):
        panel.override_by_name("page", [model.DynamicConfigValue("links", [LINK])])
    for letter, column in zip(_LETTERS, columns, strict=False):
        query = (
            prometheus.Dataquery().expr(column.expr).instant().format(PromQueryFormat.TABLE).ref_id(letter)
        )
        targets.append(query.datasource(SOURCE))
        names[f"Value #{letter}" if len(columns) > 1 else "Value"] = column
        panel.override_by_name(column.name, _cell(column))
    hidden = {"Time": True} | {value: True for value, column in names.items() if column.hidden}
    shown = {value: column.name for value, column in names.items() if not column.hidden}
    places = {name: place for place, name in enumerate([*labels, *shown])}
    organised = {"excludeByName": hidden, "indexByName": places, "renameByName": shown}
    panel.with_transformation(model.DataTransformerConfig(id_val="merge", options={}))
    panel.with_transformation(model.DataTransformerConfig(id_val="organize", options=organised))
    return _finish(panel, title, description, targets, Look(), width, height)


_LETTERS = "ABCDEFGHIJ"


def _targets(queries: Sequence[Query], *, instant: bool = False) -> list[prometheus.Dataquery]:
    made = []
    for letter, query in zip(_LETTERS, queries, strict=False):
        target = prometheus.Dataquery().expr(query.expr).legend_format(query.legend).ref_id(letter)
        made.append((target.instant() if instant else target.range()).datasource(SOURCE))
    return made


def _finish(
    panel: Any,
    title: str,
    description: str,
    targets: Sequence[prometheus.Dataquery],
    look: Look,
    width: int,
    height: int,
) -> Made:
    """Give a panel what all of them have: methods that each kind of panel has, and no class names."""
    panel.title(title).description(description).datasource(SOURCE).span(width).height(height)
    panel.unit(look.unit).thresholds(_thresholds(look.steps))
    if look.decimals is not None:
        panel.decimals(look.decimals)
    if look.least is not None:
        panel.min(look.least)
    if look.most is not None:
        panel.max(look.most)
    if look.meanings:
        panel.mappings([_mapping(look.meanings)])
    if len(look.steps) > 1 and not isinstance(panel, timeseries.Panel):
        panel.color_scheme(build.FieldColor().mode(model.FieldColorModeId.THRESHOLDS))
    return Made(panel.targets(targets).build())


def _cell(column: Column) -> list[model.DynamicConfigValue]:
    """How the cells of a column are shown."""
    values: dict[str, Any] = {"unit": column.unit or "none"}
    if column.decimals is not None:
        values["decimals"] = column.decimals
    if column.meanings:
        values["mappings"] = [_mapping(column.meanings)]
        values["custom.cellOptions"] = {"type": "color-background", "mode": "basic"}
    if column.steps:
        values["thresholds"] = _thresholds(column.steps).build()
        values["custom.cellOptions"] = {"type": "color-text"}
    return [model.DynamicConfigValue(key, value) for key, value in values.items()]


def _thresholds(steps: Steps) -> build.ThresholdsConfig:
    made = [model.Threshold(value=value, color=colour) for value, colour in steps]
    return build.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(made)


def _mapping(meanings: Meanings) -> model.ValueMap:
    options = {
        str(number): model.ValueMappingResult(text=word, color=colour, index=number)
        for number, (word, colour) in meanings.items()
    }
    return model.ValueMap(options=options)


def _last() -> common.ReduceDataOptions:
    return common.ReduceDataOptions().calcs(["lastNotNull"]).values(False)
