"""Writing ticket changes one by one, and knowing of each what became of it.

Terms
    mark    our reference at the end of an article's text, visible; Zammad has no other place for one that its API keeps

The order within a change: the ticket is read; tags that differ are added and removed, one call each, which leave every
other tag alone; fields and the article with its mark go last, in one call, which takes effect as a whole or not at all.
So a mark that is found says that all of its change stands.

A write whose answer is lost is not repeated blindly: the ticket is read again and tells. An article whose answer is
lost is ``uncertain``, for it must not stand there twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from connectors.custom_fields import FieldMap
from connectors.errors import ConnectorError, Invalid, Malformed, NotFound, PermissionMissing, WrongCredentials
from connectors.records import ChangeOutcome, ChangeResult, Comment, CommentKind, Ticket, TicketChange, TicketStatus
from connectors.value_reader import Object, is_number
from connectors.zammad.client import PRODUCT, READ, ZammadClient
from connectors.zammad.translate import asset, people_of, ticket_from_whole

IS_FINAL = "the ticket was merged or removed"
CONFLICT = 409
TRIES = 3
"""How often what can be written again is written while answers are lost."""


class ZammadWriter:
    """Writes the changes of one site; ``state_types`` are by the state's id."""

    def __init__(self, client: ZammadClient, fields: FieldMap, state_types: dict[str, str], address: str) -> None:
        self._client = client
        self._fields = fields
        self._state_types = state_types
        self._address = address

    def write(self, changes: Sequence[TicketChange]) -> Iterator[ChangeResult]:
        """Write ``changes``, at most one per ticket; yield one result each, in their order.

        Raises :class:`WrongCredentials` while nothing has been written for anybody. What is broken is asked no more.
        """
        is_anything_written, broken = False, None
        for change in changes:
            if broken is not None:
                yield _result(change, ChangeOutcome.FAILED, f"not sent, after: {broken}")
                continue
            try:
                result = self._write_one(change)
                is_anything_written = is_anything_written or result.outcome is ChangeOutcome.APPLIED
                yield result
            except ConnectorError as error:
                if isinstance(error, WrongCredentials) and not is_anything_written:
                    raise
                # One group may be out of bounds and one ticket unreadable, while others are as they should be.
                broken = None if isinstance(error, (Malformed, PermissionMissing)) else error
                yield _result(change, ChangeOutcome.UNCERTAIN if error.uncertain else ChangeOutcome.FAILED, str(error))

    def _write_one(self, change: TicketChange) -> ChangeResult:
        if not is_number(change.ticket_id):
            return _result(change, ChangeOutcome.REFUSED, f"{change.ticket_id!r} is not a ticket's id")
        try:
            self._fields.write(PRODUCT, change.fields)
            whole = self._client.whole(change.ticket_id)
            ticket = ticket_from_whole(whole, self._fields, self._state_types, self._address)
            if ticket.status in (TicketStatus.CLOSED, TicketStatus.DELETED):
                return _result(change, ChangeOutcome.REFUSED_CLOSED, IS_FINAL)
            whole = self._bring_to_stand(change, whole)
            if change.comment is not None:
                article = _article(change.comment, change.reference, whole, ticket)
                self._client.update(change.ticket_id, {**self._differing(change, whole), "article": article})
        except NotFound as error:
            self._client.require_site()
            return _result(change, ChangeOutcome.REFUSED_CLOSED, f"the ticket is not there any more: {error}")
        except Invalid as error:
            outcome = ChangeOutcome.FAILED if error.status == CONFLICT else ChangeOutcome.REFUSED
            return _result(change, outcome, str(error))
        return _result(change, ChangeOutcome.APPLIED)

    def _bring_to_stand(self, change: TicketChange, whole: Object) -> Object:
        """Write what can be written again; gives the ticket as it was last read."""
        lost: ConnectorError | None = None
        for _ in range(TRIES):
            try:
                self._write_difference(change, whole)
                return whole
            except ConnectorError as error:
                if not error.uncertain:
                    raise
                lost = error
                whole = self._client.whole(change.ticket_id)
        assert lost is not None
        raise lost

    def _write_difference(self, change: TicketChange, whole: Object) -> None:
        """Write tags, and fields unless they go with a comment."""
        tags = READ.texts(whole.get("tags"), "tags")
        for tag in sorted(change.add_tags - tags):
            self._client.add_tag(change.ticket_id, tag)
        for tag in sorted(change.remove_tags & tags):
            self._client.remove_tag(change.ticket_id, tag)
        if change.comment is None and (differing := self._differing(change, whole)):
            self._client.update(change.ticket_id, differing)

    def _differing(self, change: TicketChange, whole: Object) -> dict[str, Any]:
        """The fields that do not stand yet, by Zammad's names."""
        standing = asset(whole, "Ticket", change.ticket_id)
        return self._fields.write(PRODUCT, self._fields.differing(change.fields, standing))


def _article(comment: Comment, reference: str, whole: Object, ticket: Ticket) -> dict[str, Any]:
    """A note, or an e-mail to the customer; who has no address sees a reply in the portal alone."""
    article: dict[str, Any] = {
        "body": f"{comment.body}\n\n{reference}",
        "content_type": "text/plain",
        "type": "note",
        "sender": "Agent",
        "internal": comment.kind is CommentKind.NOTE,
    }
    address = next((person.email for person in people_of(whole) if person.email), None)
    if comment.kind is CommentKind.REPLY and address is not None:
        article |= {"type": "email", "to": address, "subject": ticket.subject}
    return article


def _result(change: TicketChange, outcome: ChangeOutcome, message: str = "") -> ChangeResult:
    return ChangeResult(change.ticket_id, change.reference, outcome, message)
