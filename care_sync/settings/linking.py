"""The section ``linking``: how a time entry finds its ticket.

Terms
    method     one way of finding a ticket; the first method that points at a ticket decides
    template   ``#{number}`` and the like, see :mod:`care_sync.model.patterns`
    activity   what kind of work an entry is (a fact of the rules), told by a tag
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from care_sync.model.link_rules import LinkMethod
from care_sync.model.patterns import compile_template, compile_url, compile_wildcards
from rules.model.words import Activity


def _template(text: str) -> str:
    compile_template(text)
    return text


def _url(text: str) -> str:
    compile_url(text)
    return text


def _wildcards(text: str) -> str:
    compile_wildcards(text)
    return text


Template = Annotated[str, AfterValidator(_template)]
UrlTemplate = Annotated[str, AfterValidator(_url)]
Wildcards = Annotated[str, AfterValidator(_wildcards)]
Name = Annotated[str, Field(min_length=1)]
Word = Annotated[str, Field(min_length=1, max_length=40, pattern=r"\w")]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class ProjectRule(_Section):
    """What projects of this name stand for: a ticket (its number), a customer (organization), or both.

    A ``{number}`` in ``project`` is the ticket's number itself, as in ``ZD {number} *``.
    """

    project: Wildcards
    ticket: Name | None = None
    organization: Name | None = None

    @model_validator(mode="after")
    def _says_something(self) -> ProjectRule:
        if self.ticket is None and self.organization is None and "{" not in self.project:
            raise ValueError("says nothing: add ticket or organization, or write {number} in the project's name")
        return self


class IgnoredSection(_Section):
    """Entries that never count, whatever they point at: by project, tag or description, and work from ``before`` a day.

    That day is the one on which CareSync took over: what was worked before it is settled elsewhere.
    """

    before: date | None = None
    projects: tuple[Wildcards, ...] = ()
    tags: tuple[Name, ...] = ("pauze", "lunch", "break", "verlof", "vakantie", "ziek", "leave", "holiday", "sick")
    descriptions: tuple[Wildcards, ...] = ()


DEFAULT_OTHER_NUMBERS = (
    "pr",
    "pull request",
    "mr",
    "merge request",
    "issue",
    "commit",
    "build",
    "color",
    "colour",
    "kleur",
    "background",
    "achtergrond",
)

DEFAULT_ACTIVITIES: Mapping[str, Activity] = {
    "administration": Activity.ADMINISTRATION,
    "administratie": Activity.ADMINISTRATION,
    "admin": Activity.ADMINISTRATION,
    "intake": Activity.INTAKE,
    "alignment": Activity.ALIGNMENT,
    "afstemming": Activity.ALIGNMENT,
    "extra_work": Activity.EXTRA_WORK,
    "extra_werk": Activity.EXTRA_WORK,
    "meerwerk": Activity.EXTRA_WORK,
}


class LinkSettings(_Section):
    """How time entries find their tickets.

    ``urls`` are addresses of tickets besides the helpdesk's own, which is always known. ``other_numbers`` are words
    after which a number is one of another tool, as in ``PR #45``. ``clients`` says which organization (its name) a
    client of the tracker is, where the names differ. ``unknown_clients`` says what becomes of time whose client matches
    no organization, so that nobody can tell whether its ticket is of the same customer: it is linked and reported
    (``link``), or waits (``hold``). ``activities`` says which tag means which activity. ``copies`` says what becomes of
    work that a second tracker holds as well.
    """

    methods: tuple[LinkMethod, ...] = tuple(LinkMethod)
    urls: tuple[UrlTemplate, ...] = ()
    numbers: tuple[Template, ...] = ("#{number}", "[#{number}]", "[##{number}]", "Ticket#{number}")
    other_numbers: tuple[Word, ...] = DEFAULT_OTHER_NUMBERS
    tags: tuple[Template, ...] = ("zd-{number}", "ticket-{number}", "#{number}")
    projects: tuple[ProjectRule, ...] = ()
    clients: Mapping[Wildcards, Name] = {}
    unknown_clients: Literal["link", "hold"] = "link"
    activities: Mapping[Name, Activity] = DEFAULT_ACTIVITIES
    ignored: IgnoredSection = IgnoredSection()
    copies: Literal["leave_out", "count"] = "leave_out"
