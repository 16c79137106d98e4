"""What a dashboard is besides its panels: its variables, its rows, and the way to the other dashboards."""

from __future__ import annotations

from collections.abc import Sequence

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models import dashboard as model
from parts import SOURCE, Made

TAG = "landwatch"
WINDOWS = ("5m", "15m", "1h", "6h", "1d", "3d")
"""What each point of a line may look back on."""
WINDOW = "1h"


class Mark(model.AnnotationQuery):
    """Stretches of time that are marked in every panel: those in which a query has a result.

    Grafana's models lack what the Prometheus data source keeps beside the query: how a mark is called.
    """

    STEP = "15s"

    def __init__(self, name: str, colour: str, expr: str, title: str, text: str) -> None:
        super().__init__(name=name, datasource=SOURCE, icon_color=colour, expr=expr)
        self._title, self._text = title, text

    def to_json(self) -> dict[str, object]:
        """As it stands in the file."""
        beside = {"step": self.STEP, "titleFormat": self._title, "textFormat": self._text, "tagKeys": ""}
        return {**super().to_json(), **beside}


Section = tuple[str, Sequence[Made]]
"""The title of a row, and its panels."""


def dashboard(
    uid: str,
    title: str,
    description: str,
    variables: Sequence[build.QueryVariable],
    sections: Sequence[Section],
    *,
    since: str = "now-6h",
    marked: Sequence[Mark] = (),
) -> model.Dashboard:
    """A dashboard. Its panels are numbered in their order, rows included."""
    made = (
        build.Dashboard(title)
        .uid(uid)
        .description(description)
        .tags([TAG])
        .time(since, "now")
        .refresh("1m")
        .timezone("browser")
        .tooltip(model.DashboardCursorSync.CROSSHAIR)
        .readonly()
        .variables([_source(), *variables, _window()])
        .link(_others())
    )
    for heading, panels in sections:
        made.with_row(build.Row(heading))
        for panel in panels:
            made.with_panel(panel)
    finished = made.build()
    if marked:
        finished.annotations = model.AnnotationContainer(list_val=list(marked))
    for number, placed in enumerate(finished.panels or [], 1):
        placed.id_val = number
    return finished


def several(name: str, label: str, query: str) -> build.QueryVariable:
    """A variable of which any number of values can be chosen; at first all are."""
    everything = model.VariableOption(selected=True, text=["All"], value=["$__all"])
    return _chosen(name, label, query).multi(True).include_all(True).current(everything)


def one_of(name: str, label: str, query: str, first: str = "") -> build.QueryVariable:
    """A variable of which one value is chosen; at first ``first``, or the first that there is."""
    variable = _chosen(name, label, query).multi(False).include_all(False)
    return (
        variable.current(model.VariableOption(selected=True, text=first, value=first)) if first else variable
    )


def _chosen(name: str, label: str, query: str) -> build.QueryVariable:
    asked: dict[str, object] = {"qryType": 1, "query": query, "refId": f"variable-{name}"}
    return (
        build.QueryVariable(name)
        .label(label)
        .datasource(SOURCE)
        .query(asked)
        .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(model.VariableSort.ALPHABETICAL_ASC)
    )


def _source() -> build.DatasourceVariable:
    return build.DatasourceVariable("datasource").label("Prometheus").type("prometheus")


def _window() -> build.IntervalVariable:
    now = model.VariableOption(selected=True, text=WINDOW, value=WINDOW)
    return build.IntervalVariable("window").label("Each point over").values(",".join(WINDOWS)).current(now)


def _others() -> build.DashboardLink:
    return (
        build.DashboardLink("landwatch")
        .type(model.DashboardLinkType.DASHBOARDS)
        .tags([TAG])
        .keep_time(True)
        .include_vars(True)
    )
