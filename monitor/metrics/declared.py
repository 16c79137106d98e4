"""The metrics of landwatch, declared as data.

The families of pages have one or more series for each page, and are rendered by
:mod:`monitor.metrics.exposition`; those of landwatch itself are few, and are rendered by prometheus-client.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from monitor.health.lags import BOUNDS

PAGE = ("vendor", "page", "region", "probe")
"""The labels of everything that is about a page."""
VARIANT = "variant"
"""The label that these series have too where a page and probe are several targets."""


@dataclass(frozen=True, slots=True)
class Family:
    """One metric: its name (counters end in ``_total``), what it says, and what tells its series apart."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()
    edges: tuple[float, ...] = ()
    """Upper edges of a histogram's buckets, the infinite one left out."""


SAMPLES = Family(
    "landwatch_samples_total",
    "counter",
    "Samples taken, tainted ones and bursts included; fault is empty where the page was up.",
    (*PAGE, "outcome", "fault", "attempt"),
)
UP = Family(
    "landwatch_up",
    "gauge",
    "1: the last scheduled sample was up, 0: it was down; absent while it is blocked, unknown or tainted.",
    PAGE,
)
TTFB = Family(
    "landwatch_ttfb_seconds",
    "histogram",
    "Navigation TTFB of cold visits, redirects included; scheduled and untainted samples that were up.",
    (*PAGE, "protocol"),
    # 0.3 is the usual promise, so the edges round it are close. The targets of a config are added.
    (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.75, 1.0, 2.5, 5.0, 10.0),
)
FIRST_SCREEN = Family(
    "landwatch_first_screen_seconds",
    "histogram",
    "When everything in view had its final state; scheduled and untainted samples that were up.",
    (*PAGE, "profile", "network"),
    # 2.5 is the usual promise, so the edges round it are close. The targets of a config are added.
    (0.5, 1.0, 1.5, 1.75, 2.0, 2.25, 2.5, 2.75, 3.0, 3.5, 4.0, 5.0, 7.5, 10.0),
)
PHASE = Family(
    "landwatch_phase_seconds",
    "gauge",
    "Each phase of the last untainted scheduled sample, summed over its hops; absent if it was not reached.",
    (*PAGE, "phase"),
)
LAST_SAMPLE = Family(
    "landwatch_last_sample_timestamp_seconds",
    "gauge",
    "When the last scheduled sample started, whatever its outcome; alert on its age.",
    PAGE,
)
TLS_EXPIRY = Family(
    "landwatch_tls_expiry_timestamp_seconds",
    "gauge",
    "When the certificate that the page last showed expires.",
    PAGE,
)
RUNS = Family(
    "landwatch_runs_total",
    "counter",
    "Runs that were due: run, or skipped because the one before still ran or the loop stood still.",
    (*PAGE, "result"),
)
VITAL = Family(
    "landwatch_vital",
    "gauge",
    "Each figure beside the times of the last untainted scheduled sample; absent if that has it not.",
    (*PAGE, "vital"),
)
HTTP3 = Family(
    "landwatch_http3",
    "gauge",
    "1 if HTTP/3 is advertised, advertised_dns, works or broken, 0 if not; absent if it is not known.",
    (*PAGE, "state"),
)
EDGE = Family(
    "landwatch_edge_info",
    "gauge",
    "Always 1; its labels say which network answered last, and from where.",
    (*PAGE, "network", "pop", "continent"),
)
EDGE_FAR = Family(
    "landwatch_edge_far",
    "gauge",
    "1 if the last answer came from an edge on another continent, else 0; absent if it is not known.",
    PAGE,
)
CACHE = Family(
    "landwatch_cache_responses_total",
    "counter",
    "Responses of which the edge said what its cache did; untainted scheduled samples.",
    (*PAGE, "status"),
)
ADDRESSES = Family(
    "landwatch_addresses",
    "gauge",
    "The page's addresses that were up and down when each was last visited.",
    (*PAGE, "state"),
)
DNS_TTL = Family(
    "landwatch_dns_ttl_seconds", "gauge", "How long the last look-up's answer may be kept.", PAGE
)
SHIELD = Family(
    "landwatch_shield_confidence",
    "gauge",
    "Whether the last answer looked shielded: 1 surely, 0.5 perhaps, 0 no; absent if it is not known.",
    PAGE,
)
ORIGIN = Family(
    "landwatch_origin_exposed",
    "gauge",
    "1 if an origin last served the page past its shield, 0 if none did; absent if it is not known.",
    PAGE,
)
FETCHED_BYTES = Family(
    "landwatch_fetched_bytes",
    "gauge",
    "Bytes that the browser's last visit fetched over the wire, by kind.",
    (*PAGE, "kind"),
)
FETCHED_REQUESTS = Family(
    "landwatch_fetched_requests", "gauge", "Requests of the browser's last visit, by kind.", (*PAGE, "kind")
)
THIRD_PARTY_BYTES = Family(
    "landwatch_third_party_bytes",
    "gauge",
    "Bytes that came from other sites in the browser's last visit.",
    PAGE,
)
THIRD_PARTY_REQUESTS = Family(
    "landwatch_third_party_requests", "gauge", "Requests to other sites in the browser's last visit.", PAGE
)

PAGE_FAMILIES = (
    SAMPLES,
    UP,
    TTFB,
    FIRST_SCREEN,
    PHASE,
    LAST_SAMPLE,
    TLS_EXPIRY,
    RUNS,
    VITAL,
    HTTP3,
    EDGE,
    EDGE_FAR,
    CACHE,
    ADDRESSES,
    DNS_TTL,
    SHIELD,
    ORIGIN,
    FETCHED_BYTES,
    FETCHED_REQUESTS,
    THIRD_PARTY_BYTES,
    THIRD_PARTY_REQUESTS,
)
"""In the order in which they are rendered."""

SCHEDULE_LAG = Family("landwatch_schedule_lag_seconds", "histogram", "How late runs started.", edges=BOUNDS)
LOOP_LAG = Family(
    "landwatch_loop_lag_seconds",
    "histogram",
    "How late the event loop was, looked at ten times a second.",
    edges=BOUNDS,
)
STARVED = Family(
    "landwatch_cpu_starved_seconds_total",
    "counter",
    "Time in which this process mostly waited for a CPU; samples of that time are tainted.",
)
CLOCK_STEPS = Family("landwatch_clock_steps_total", "counter", "Steps of the wall clock that were seen.")
SPOOLED = Family(
    "landwatch_spool_samples", "gauge", "Samples on this machine's disk that the store has not taken yet."
)
QUEUED = Family("landwatch_queue_samples", "gauge", "Samples in memory that no disk has yet.")
WRITTEN = Family("landwatch_samples_written_total", "counter", "Samples that the store took.")
DROPPED = Family(
    "landwatch_samples_dropped_total", "counter", "Samples lost because neither store nor spool took them."
)
REFUSED = Family(
    "landwatch_samples_refused_total", "counter", "Samples laid aside because the store will never take them."
)
STORE_UP = Family("landwatch_store_up", "gauge", "1 if the store took what it was last given, else 0.")
SINK_ERRORS = Family(
    "landwatch_sink_errors_total", "counter", "Samples that a part of landwatch failed to take.", ("sink",)
)
WATCHED = Family("landwatch_targets", "gauge", "Targets (page, probe and variant) that this process watches.")
RESTARTS = Family(
    "landwatch_probe_restarts_total",
    "counter",
    "How often a program that a kind of probe keeps running ended, hung or had to be killed.",
    ("probe",),
)
RELOAD_OK = Family(
    "landwatch_config_last_reload_successful", "gauge", "1 if the config was last read without a mistake."
)
RELOAD_AT = Family(
    "landwatch_config_last_reload_success_timestamp_seconds",
    "gauge",
    "When the config in force was read.",
)
JUDGE_DURATION = Family(
    "landwatch_judge_duration_seconds",
    "gauge",
    "How long the judge's last look at slices, or round of objectives, took.",
    ("work",),
)
JUDGE_SUCCESS = Family(
    "landwatch_judge_last_success_timestamp_seconds",
    "gauge",
    "When the judge last looked at slices, or judged all objectives; absent before it first did.",
    ("work",),
)
JUDGE_ERRORS = Family(
    "landwatch_judge_errors_total", "counter", "How often the judge could not do its work.", ("work",)
)
NOTIFICATIONS = Family(
    "landwatch_notifications_total",
    "counter",
    "Messages that this process sent through a channel, and attempts to that failed.",
    ("channel", "result"),
)
NOTICES = Family(
    "landwatch_notices_total",
    "counter",
    "Changes of incidents and reports by what became of them: told, silenced or given up.",
    ("channel", "result"),
)
WAITING = Family(
    "landwatch_notices_waiting",
    "gauge",
    "Changes of incidents and reports that a channel is still to be told.",
    ("channel",),
)
BUILD = Family("landwatch_build_info", "gauge", "Always 1; its labels say what runs.", ("version", "python"))

OWN_FAMILIES = (
    SCHEDULE_LAG,
    LOOP_LAG,
    STARVED,
    CLOCK_STEPS,
    SPOOLED,
    QUEUED,
    WRITTEN,
    DROPPED,
    REFUSED,
    STORE_UP,
    SINK_ERRORS,
    WATCHED,
    RESTARTS,
    RELOAD_OK,
    RELOAD_AT,
    JUDGE_DURATION,
    JUDGE_SUCCESS,
    JUDGE_ERRORS,
    NOTIFICATIONS,
    NOTICES,
    WAITING,
    BUILD,
)
