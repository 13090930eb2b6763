"""What a site says about how a time entry finds its ticket; the section ``linking`` of the settings.

Terms
    method     one way of finding a ticket; the first method that points at a ticket decides
    activity   what kind of work an entry is (a fact of the rules), told by a tag
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Protocol

from rules.model.words import Activity


class LinkMethod(StrEnum):
    """The ways of finding a ticket.

    ``reference``  a structured pointer that the tracker keeps
    ``url``        the address of a ticket in the description
    ``number``     ``#123`` in the description, as browser buttons write it
    ``tag``        a tag such as ``zd-123``
    ``project``    the entry's project stands for one ticket
    """

    REFERENCE = "reference"
    URL = "url"
    NUMBER = "number"
    TAG = "tag"
    PROJECT = "project"


class ProjectMeaning(Protocol):
    """What projects of a name stand for."""

    @property
    def project(self) -> str:
        """Wildcards for the project's name."""

    @property
    def ticket(self) -> str | None:
        """The number of the ticket that they stand for."""

    @property
    def organization(self) -> str | None:
        """The customer's name."""


class IgnoredEntries(Protocol):
    """Which entries never count."""

    @property
    def before(self) -> date | None:
        """Work from before this day."""

    @property
    def projects(self) -> Sequence[str]:
        """Wildcards for projects."""

    @property
    def tags(self) -> Sequence[str]:
        """Tags."""

    @property
    def descriptions(self) -> Sequence[str]:
        """Wildcards for descriptions."""


class LinkRules(Protocol):
    """What a site says about finding tickets; see the section ``linking`` of the settings."""

    @property
    def methods(self) -> Sequence[LinkMethod]:
        """The ways, in order."""

    @property
    def urls(self) -> Sequence[str]:
        """Templates of addresses besides the helpdesk's own."""

    @property
    def numbers(self) -> Sequence[str]:
        """Templates of a ticket's number in text."""

    @property
    def other_numbers(self) -> Sequence[str]:
        """Words after which a number is one of another tool."""

    @property
    def tags(self) -> Sequence[str]:
        """Templates of a ticket's number in a tag."""

    @property
    def projects(self) -> Sequence[ProjectMeaning]:
        """What projects stand for."""

    @property
    def clients(self) -> Mapping[str, str]:
        """Wildcards for a client → the organization's name."""

    @property
    def unknown_clients(self) -> str:
        """What becomes of time whose client matches no organization: ``link`` or ``hold``."""

    @property
    def activities(self) -> Mapping[str, Activity]:
        """Tag → kind of work."""

    @property
    def ignored(self) -> IgnoredEntries:
        """What never counts."""

    @property
    def copies(self) -> str:
        """What becomes of work that a second tracker holds as well: ``leave_out`` or ``count``."""


def plain_tag(tag: str) -> str:
    """A tag as it is compared: ``Extra werk`` and ``extra-werk`` are both ``extra_werk``."""
    return re.sub(r"[\W_]+", "_", tag.casefold()).strip("_")
