"""What a config holds, as models. :func:`config_model` adds the options of the kinds of probe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, cast

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, create_model, model_validator

from monitor.config.fields import Address, LabelName, Listen, Name, StorePlace, Url, check_store_url
from monitor.config.maintenance import DeclaredMaintenance
from monitor.config.notify import NotifyChannel
from monitor.config.objectives import Objective, default_objectives
from monitor.config.scorecard import ScorecardSettings
from monitor.watch import Watch
from probes.kinds import Kind, kinds, variants_of
from probes.target import Target
from probes.units import Seconds, Secret, format_duration

FASTEST = 0.25
"""Seconds: no page is visited more often than a burst visits it."""
SHORTEST_TIMEOUT = 0.01
DATABASE = "landwatch.db"
"""The store's file in the state directory, where the store is ``sqlite``."""

_PAGE = {"name": "spring-sale", "url": "https://www.example.com/sale"}


class Part(BaseModel):
    """What all parts of a config have in common: they are read once, and know all their keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class ProbeSettings(Part):
    """What every kind of probe can be told, beside its own options."""

    kind_of_probe: ClassVar[Kind | None] = None
    """The kind whose options these are."""
    every: Annotated[Seconds, Field(ge=FASTEST)] = 15.0
    """The time between the starts of two runs."""
    timeout: Annotated[Seconds, Field(ge=SHORTEST_TIMEOUT)] = 10.0
    """The time that one run may take as a whole; at most `every`."""
    bursts: bool = True
    """Whether a first failure starts a burst of runs, to find the edges of the outage."""

    @property
    def deadline(self) -> float:
        """Seconds that one run may take: a timeout that nobody wrote gives way to a short ``every``."""
        return self.timeout if "timeout" in self.model_fields_set else min(self.timeout, self.every)

    @property
    def variants_of_target(self) -> tuple[str | None, ...]:
        """The variants in which a page is watched; ``None`` stands for a target without one."""
        return (None,) if self.kind_of_probe is None else variants_of(self.kind_of_probe, self)


class Probes(Part):
    """The kinds of probe that watch a page. The model in use has a field for each kind."""

    @model_validator(mode="before")
    @classmethod
    def _bare_keys(cls, value: Any) -> Any:
        """``http:`` with nothing behind it is the probe with its defaults."""
        if isinstance(value, dict):
            return {key: {} if options is None else options for key, options in value.items()}
        return value

    def configured(self) -> Iterator[tuple[str, ProbeSettings]]:
        """The probes that the page asks for, by the name of their kind."""
        for name in type(self).model_fields:
            settings = getattr(self, name)
            if settings is not None:
                yield name, settings


class Page(Part):
    """A page that a vendor serves."""

    name: Name
    """What the page is called in tables and metrics."""
    url: Url
    """The page's address, as a visitor's browser is led to it."""
    probes: Annotated[Probes, Field(examples=[{"http": {"every": "15s"}}])] = Field(
        default_factory=lambda: Probes()
    )
    """The kinds of probe that watch the page; `http` with its defaults, where nothing is said."""
    labels: dict[LabelName, Name] = Field(default_factory=dict, examples=[{"campaign": "spring"}])
    """Words of your own by which objectives and reports choose pages."""


class Vendor(Part):
    """Somebody who serves pages, and made promises about them."""

    name: Annotated[Name, Field(examples=["easyshop"])]
    """What the vendor is called in tables and metrics."""
    pages: Annotated[list[Page], Field(min_length=1, examples=[[_PAGE]])]
    """The pages that the vendor serves."""


class Retention(Part):
    """The ages at which raw samples, and what they were rolled up to, are deleted."""

    successes: Annotated[Seconds, Field(ge=3600)] = 30 * 86_400.0
    """How long samples of visits that went well are kept."""
    failures: Annotated[Seconds, Field(ge=3600)] = 400 * 86_400.0
    """How long all other samples are kept: they are the evidence."""
    hours: Annotated[Seconds, Field(ge=4 * 86_400.0)] = 45 * 86_400.0
    """How long the rollups of hours are kept; then those of their days stand for them."""
    days: Annotated[Seconds, Field(ge=30 * 86_400.0)] = 800 * 86_400.0
    """How long the rollups of days are kept, and outages."""

    @property
    def for_successes(self) -> timedelta:
        """``successes`` as a difference of times."""
        return timedelta(seconds=self.successes)

    @property
    def for_failures(self) -> timedelta:
        """``failures`` as a difference of times."""
        return timedelta(seconds=self.failures)

    @property
    def for_hours(self) -> timedelta:
        """``hours`` as a difference of times."""
        return timedelta(seconds=self.hours)

    @property
    def for_days(self) -> timedelta:
        """``days`` as a difference of times."""
        return timedelta(seconds=self.days)


class Config(Part):
    """Everything that one landwatch process is told."""

    region: Annotated[Name, Field(examples=["eu-west"])]
    """Where this process stands, such as eu-west."""
    continent: Literal["AF", "AN", "AS", "EU", "NA", "OC", "SA"] | None = None
    """Where the region lies; it tells whether a page is served to it from another continent."""
    state: Path = Path("state")
    """The directory of what is kept on this machine; a relative one starts where landwatch was started."""
    store: Annotated[
        Annotated[StorePlace, Tag("place")] | Annotated[Secret, Tag("secret")],
        Discriminator(lambda value: "secret" if isinstance(value, dict | Secret) else "place"),
    ] = "sqlite"
    """Where samples are kept: sqlite (in the state directory), a URL, or a secret that holds one."""
    listen: Listen = Address("127.0.0.1", 9464)
    """Where /metrics, /healthz, /readyz and the status page are served."""
    controls: list[Url] = Field(default_factory=list, examples=[["https://www.example.net/"]])
    """Addresses that should always answer: where none does, the fault is taken to be on this side."""
    vendors: Annotated[list[Vendor], Field(min_length=1, examples=[[{"name": "easyshop", "pages": [_PAGE]}]])]
    """Whose pages are watched."""
    objectives: tuple[Objective, ...] = Field(default_factory=default_objectives)
    """What was promised. A list of your own takes the place of the defaults."""
    maintenance: list[DeclaredMaintenance] = Field(default_factory=list)
    """Work on pages that was announced, so that it does not count."""
    notify: list[NotifyChannel] = Field(default_factory=list)
    """Where people are told of incidents."""
    scorecard: ScorecardSettings = Field(
        default_factory=ScorecardSettings, examples=[{"goals": {"roas": 3}, "currency": "EUR"}]
    )
    """What an acceptance asks for, beside the objectives."""
    retention: Annotated[Retention, Field(examples=[{"successes": "30d", "failures": "400d"}])] = Retention()
    """How long raw samples and rollups are kept."""

    @property
    def store_url(self) -> str:
        """The store's URL, the secret revealed.

        Raises:
            ValueError: the secret can't be had any more, or is no URL of a store.
        """
        place = check_store_url(self.store.reveal()) if isinstance(self.store, Secret) else self.store
        return f"sqlite:///{self.state / DATABASE}" if place == "sqlite" else place

    def watches(self) -> list[Watch]:
        """The lines of the schedule: each page with each of its probes, in each of their variants."""
        return [
            Watch(self._target(vendor, page, kind, settings, variant), settings.every, settings.bursts)
            for vendor in self.vendors
            for page in vendor.pages
            for kind, settings in page.probes.configured()
            for variant in settings.variants_of_target
        ]

    def _target(
        self, vendor: Vendor, page: Page, kind: str, settings: ProbeSettings, variant: str | None
    ) -> Target:
        return Target(
            vendor=vendor.name,
            page=page.name,
            url=page.url,
            region=self.region,
            probe=kind,
            options=settings,
            timeout=settings.deadline,
            labels=dict(page.labels),
            variant=variant,
            continent=self.continent,
        )


def config_model(probes: Mapping[str, Kind]) -> type[Config]:
    """The model of a config in which pages are watched by these kinds of probe."""
    settings: dict[str, Any] = {
        name: (_settings(name, kind) | None, Field(None, examples=[{"every": format_duration(kind.EVERY)}]))
        for name, kind in probes.items()
    }
    chosen = create_model("Probes", __base__=Probes, __doc__=Probes.__doc__, **settings)

    def usual() -> Probes:
        return chosen.model_validate({"http": {}} if "http" in probes else {})

    page = create_model(
        "Page",
        __base__=Page,
        __doc__=Page.__doc__,
        probes=(chosen, _like(Page, "probes", default_factory=usual)),
    )
    pages: Any = list[page]
    vendor = create_model(
        "Vendor", __base__=Vendor, __doc__=Vendor.__doc__, pages=(pages, _like(Vendor, "pages", min_length=1))
    )
    vendors: Any = list[vendor]
    return create_model(
        "Config",
        __base__=Config,
        __doc__=Config.__doc__,
        vendors=(vendors, _like(Config, "vendors", min_length=1)),
    )


@cache
def usual_model() -> type[Config]:
    """The model with all kinds that there are. Made once, so that options which are alike are equal."""
    return config_model(kinds())


def _settings(name: str, kind: Kind) -> type[ProbeSettings]:
    """A kind's options and what every kind can be told; an object of it serves as the kind's ``Options``."""
    model = create_model(
        f"{name.title()}Probe",
        __base__=(ProbeSettings, kind.Options),
        __doc__=(kind.__doc__ or name).partition("\n")[0],
        every=(Annotated[Seconds, Field(ge=FASTEST)], _like(ProbeSettings, "every", default=kind.EVERY)),
        timeout=(
            Annotated[Seconds, Field(ge=SHORTEST_TIMEOUT)],
            _like(ProbeSettings, "timeout", default=kind.TIMEOUT),
        ),
        bursts=(bool, _like(ProbeSettings, "bursts", default=kind.BURSTS)),
        kind_of_probe=(ClassVar[Kind | None], kind),
    )
    return cast("type[ProbeSettings]", model)


def _like(model: type[BaseModel], name: str, **attributes: Any) -> Any:
    """A field with the description and the examples of another."""
    like = model.model_fields[name]
    return Field(description=like.description, examples=like.examples, **attributes)
