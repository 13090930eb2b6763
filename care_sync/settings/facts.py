"""The section ``facts``: how what stands in the helpdesk becomes what the rules know.

Terms
    fact      a name that the rules know: ``kind``, ``cause``, ``sla`` …
    value     what a field of the helpdesk holds: an option, a tick, a date
    default   what a fact is where nobody filled it in; without one it is unknown, and asked for where it matters
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Text = Annotated[str, Field(min_length=1)]


class FactsSection(BaseModel):
    """``values`` translates options of the helpdesk: fact → option → the rules' word. ``defaults``: fact → value."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    values: Mapping[Text, Mapping[Text, Text]] = {}
    defaults: Mapping[Text, Text] = {}
