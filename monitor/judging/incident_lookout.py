"""The lookout: each slice, judges the pages of this agent's config from what the store has of all regions.

Every agent on a store judges the pages of its own config. What they find is the same, and the store takes
each change once: so an agent that stands still leaves no page unjudged that others watch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache

import structlog
from sqlalchemy import Connection

from monitor.judging.confirmed import Confirmed
from monitor.judging.incident_course import Matter, follow, lapsed
from monitor.judging.incident_looks import Witness
from monitor.judging.incident_matters import (
    Looks,
    Matters,
    counted_slices,
    failures,
    is_bad,
    silences,
    view_of,
)
from monitor.judging.incident_plan import PageKey, PagePlan
from monitor.judging.incident_silence import is_lively, last_samples, newest
from monitor.judging.incident_window import PageWindow, Window, start_of
from monitor.judging.incident_witness import stored_outages, witness
from monitor.judging.judged import Outlook, Seconds
from monitor.sla.incidents import IncidentKind
from monitor.sla.windows import moment
from storage.incidents import CLOSED, Change, IncidentRow, apply_changes, last_incidents, live_incidents
from storage.outages import OutageRow
from storage.store import Store

REMEMBERED = timedelta(minutes=5)
"""How often it is looked up which regions watch which page."""
FAILURES = (IncidentKind.OUTAGE, IncidentKind.ADVISORY)
"""The kinds that slices tell."""
OPEN = ("open", "worsened", "recovering")
"""The states in which an incident counts as open."""

_log = structlog.get_logger(__name__)


class Lookout:
    """Judges slices. Its methods block; one of them runs at a time."""

    def __init__(
        self,
        store: Store,
        region: str,
        *,
        pace: Callable[[], None] = lambda: None,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._region = region
        self._pace = pace
        self._changed = changed
        self._plans: dict[PageKey, PagePlan] = {}
        self._since: dict[PageKey, datetime] = {}
        self._confirmed: dict[PageKey, Confirmed] = {}
        self._window = Window()
        self._known: dict[PageKey, dict[str, datetime]] = {}
        self._known_at: datetime | None = None

    def watch(self, plans: Iterable[PagePlan], now: datetime) -> None:
        """Judge exactly these pages from now on."""
        self._plans = {plan.key: plan for plan in plans}
        self._since = {key: self._since.get(key, now) for key in self._plans}
        begins = int(now.timestamp()) + 1
        self._confirmed = {key: self._confirmed.get(key) or Confirmed(begins) for key in self._plans}
        self._known_at = None

    def outlook(self, incidents: Iterable[IncidentRow] = ()) -> Outlook:
        """How the pages stand, where these are the incidents that there are."""
        seconds = {key: Seconds(one.measured, one.bad) for key, one in self._confirmed.items()}
        regions = {key: sorted({self._region, *self._known.get(key, ())}) for key in self._plans}
        mine = [row for row in incidents if row.state in OPEN and (row.vendor, row.page) in self._plans]
        return Outlook(seconds, regions, sorted(mine, key=lambda row: (row.since is None, row.since, row.id)))

    def look(self, now: datetime, more: Looks | None = None) -> Outlook:
        """Judge the slices that are there at ``now``, and keep what follows from it.

        ``more`` are looks at other matters of the pages.

        Raises:
            StoreUnavailable: nothing was judged; the next time looks back over what this one missed.
        """
        with self._store.reading() as connection:
            self._remember(connection, now)
            windows = self._window.read(connection, self._plans, now)
            live = {_matter(row): row for row in live_incidents(connection)}
            matters = self._matters(connection, windows, live, now)
            matters |= {one: looks for one, looks in (more or {}).items() if one in live or is_bad(looks)}
            changes = self._changes(connection, matters, live)
            changes += [lapsed(row, now, self._region) for one, row in live.items() if one not in matters]
        return self._keep(changes, live, now)

    def look_early(self, now: datetime, keys: Iterable[PageKey]) -> Outlook:
        """Look at some pages before their slices are over: whether a quorum sees them down already.

        Raises:
            StoreUnavailable: nothing was judged; it is, once the slices are over.
        """
        plans = {key: self._plans[key] for key in keys if key in self._plans}
        with self._store.reading() as connection:
            self._remember(connection, now)
            windows = self._window.read_some(connection, plans, now)
            live = {_matter(row): row for row in live_incidents(connection)}
            begin = moment(start_of(plans.values(), now))
            stored = cache(lambda: stored_outages(connection, plans, begin, now))
            matters: Matters = {}
            for key, plan in plans.items():
                self._pace()
                matters |= self._failures(plan, windows.get(key) or PageWindow(), live, now, stored)
            changes = self._changes(connection, matters, live)
        return self._keep(changes, live, now)

    def _keep(
        self, changes: Iterable[Change | None], live: Mapping[Matter, IncidentRow], now: datetime
    ) -> Outlook:
        """Bring changes to the store, and say how the pages stand then."""
        wanted = [change for change in changes if change is not None]
        if not wanted:
            return self.outlook(live.values())
        with self._store.writing() as connection:
            made = apply_changes(connection, wanted, now)
        for row in made:
            _tell(row, live.get(_matter(row)))
        self._changed()
        return self.outlook({**live, **{_matter(row): row for row in made}}.values())

    def _remember(self, connection: Connection, now: datetime) -> None:
        if self._known_at is None or now - self._known_at >= REMEMBERED:
            self._known = last_samples(connection, self._plans, now)
            self._known_at = now

    def _matters(
        self,
        connection: Connection,
        windows: Mapping[PageKey, PageWindow],
        live: Mapping[Matter, IncidentRow],
        now: datetime,
    ) -> Matters:
        begin = moment(start_of(self._plans.values(), now))
        stored = cache(lambda: stored_outages(connection, self._plans, begin, now))
        silent = {(one.vendor, one.page) for one in live if one.kind is IncidentKind.SILENCE}
        failing = {(one.vendor, one.page) for one in live if one.kind in FAILURES}
        found: Matters = {}
        for key, plan in self._plans.items():
            self._pace()
            window, known = windows.get(key) or PageWindow(), self._known.get(key, {})
            if key in silent or not is_lively(known.keys(), window.newest, self._region, now):
                regions = newest(known, window.newest, self._region)
                found.update(silences(plan, regions, live, now, self._since[key]))
            if window.failing or key in failing or not self._count_quiet(plan, window, now):
                found.update(self._failures(plan, window, live, now, stored))
        return found

    def _count_quiet(self, plan: PagePlan, window: PageWindow, now: datetime) -> bool:
        """Count the slices of a page of which nothing is down; whether that was all there is to do."""
        slices = window.known(plan)
        if slices is None:
            return False
        start, length, known = slices
        counted = counted_slices(plan, start, length, known.bit_length(), now)
        self._confirmed[plan.key].take(start, length, known & counted, 0)
        return True

    def _failures(
        self,
        plan: PagePlan,
        window: PageWindow,
        live: Mapping[Matter, IncidentRow],
        now: datetime,
        stored: Callable[[], Mapping[PageKey, list[tuple[str, OutageRow]]]],
    ) -> Matters:
        """The failures of a page, its slices counted."""
        regions = {self._region, *self._known.get(plan.key, ()), *window.newest}
        view = view_of(plan, window, regions, now)
        if view is None:
            return {}
        grid, page = view.grid, view.page
        counted = counted_slices(plan, grid.start, grid.length, grid.count, now)
        self._confirmed[plan.key].take(grid.start, grid.length, page.known & counted, page.bad & counted)

        def saw() -> Witness:
            return witness(stored().get(plan.key, ()), window.samples, plan.every)

        return dict(failures(plan, view, live, cache(saw)))

    def _changes(
        self,
        connection: Connection,
        matters: Matters,
        live: Mapping[Matter, IncidentRow],
    ) -> list[Change | None]:
        """What the looks make of the incidents."""
        begun = {matter.page for matter in matters if matter not in live}
        heads = {_matter(row): row for row in last_incidents(connection, begun)} | dict(live)
        changes: list[Change | None] = []
        for matter, looks in matters.items():
            self._pace()
            changes.append(follow(heads.get(matter), matter, looks, self._region))
        return changes


def _matter(row: IncidentRow) -> Matter:
    return Matter(IncidentKind(row.kind), row.vendor, row.page, row.subject)


def _tell(row: IncidentRow, before: IncidentRow | None) -> None:
    """Say that an incident opened, got worse or closed."""
    was = before.state if before is not None else ""
    if row.state == CLOSED:
        event = "an incident closed"
    elif row.state == "worsened" and was != "worsened":
        event = "an incident got worse"
    elif row.state in OPEN and was not in OPEN:
        event = "an incident opened"
    else:
        return
    _log.info(
        event,
        kind=row.kind,
        vendor=row.vendor,
        page=row.page,
        subject=row.subject,
        since=row.since.isoformat() if row.since else None,
        until=row.until.isoformat() if row.until else None,
        reason=row.reason,
        regions=list(row.regions),
    )
