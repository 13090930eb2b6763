"""What a mark in the store is about: work that is left to do."""

from __future__ import annotations

from enum import StrEnum


class DirtyKind(StrEnum):
    """What a mark is about.

    ``ticket``        decide, post and plan it again
    ``organization``  lay its time over its cards again
    ``fetch_ticket``  read it from the helpdesk again (a webhook said so)
    ``fetch_entry``   read it from its tracker again (a webhook said so)
    """

    TICKET = "ticket"
    ORGANIZATION = "organization"
    FETCH_TICKET = "fetch_ticket"
    FETCH_ENTRY = "fetch_entry"
