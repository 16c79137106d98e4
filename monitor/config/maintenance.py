"""Maintenance as a config declares it: it counts for nobody only where it was declared before it began."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from monitor.config.fields import Name
from monitor.config.moments import Moment
from monitor.sla.windows import Maintenance


class DeclaredMaintenance(BaseModel):
    """Work on pages that was announced."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    start: Annotated[Moment, Field(alias="from")]
    """When it begins."""
    end: Annotated[Moment, Field(alias="until")]
    """When it is over."""
    declared: Moment
    """When it was announced. Where that is later than `from`, the time counts as any other."""
    vendors: list[Name] = Field(default_factory=list, examples=[["easyshop"]])
    """Whose pages it concerns; those of all vendors where none is named."""
    pages: list[Name] = Field(default_factory=list, examples=[["spring-sale"]])
    """Which pages it concerns; all where none is named."""

    @model_validator(mode="after")
    def _has_length(self) -> Self:
        if self.end <= self.start:
            raise ValueError("maintenance ends after it begins: write an `until` that is later than `from`")
        return self

    def span(self) -> Maintenance:
        """The maintenance as the judge sees it.

        Whoever keeps a record of when this program first read of it gives the judge the later of the two.
        """
        return Maintenance(self.start, self.end, self.declared, tuple(self.vendors), tuple(self.pages))
