"""Writing ticket changes, one after the other, and knowing of each what became of it.

Terms
    mark     our reference at the end of a comment, by which it is found again
    round    a look at the ticket, and a write of the fields that are not yet as they should be

Promises. Fields and tags are written first and looked at again; only then comes the comment, with the mark. So a mark
that is there tells that all of the change is, and one that is not tells that the comment is not; writing fields and
tags again does no harm. A field is written only while nobody else changed the ticket since we looked (``If-Match``), so
that an agent's tag stays. A comment is sent once; one whose answer was lost is ``uncertain``.

Request Tracker answers 200 with words to values that it does not take and to fields that it does not know, in the
language of the user; that is why every write is looked at. Nor does it refuse changes of deleted tickets, or of merged
ones, which change the survivor: both are refused here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.errors import ConnectorError, Invalid, NotFound, PermissionMissing, WrongCredentials
from connectors.http import Response
from connectors.records import ChangeOutcome, ChangeResult, Comment, TicketChange
from connectors.request_tracker.client import RequestTrackerClient, body_of, words_of
from connectors.request_tracker.field_values import same, to_api, written
from connectors.request_tracker.translate import is_deleted
from connectors.request_tracker.value_reader import PRODUCT, READ
from connectors.value_reader import Object, is_number

ROUNDS = 5
TOO_BUSY = "somebody else kept changing the ticket"


class Writer:
    """Writes changes. ``fields`` are our names and those of custom fields; ``tags_field`` holds the tags."""

    def __init__(self, client: RequestTrackerClient, fields: Mapping[str, str], tags_field: str) -> None:
        self._client = client
        self._fields = fields
        self._tags_field = tags_field
        self._sees_own_comments: bool | None = None

    def write(self, changes: Sequence[TicketChange]) -> Iterator[ChangeResult]:
        """Yield one result each, in their order.

        Raises :class:`WrongCredentials` when nothing has been written; what breaks later fails what is left.
        """
        broken: ConnectorError | None = None
        for number, change in enumerate(changes):
            if broken is not None:
                yield _result(change, ChangeOutcome.FAILED, f"not sent, after: {broken}")
                continue
            try:
                yield self._write(change)
            except ConnectorError as error:
                if isinstance(error, WrongCredentials) and number == 0:
                    raise
                if error.retryable or isinstance(error, WrongCredentials):
                    broken = error
                yield _result(change, ChangeOutcome.FAILED, str(error))

    def _write(self, change: TicketChange) -> ChangeResult:
        """Write one change; what it raises tells that the comment was not written."""
        if not is_number(change.ticket_id):
            return _result(change, ChangeOutcome.REFUSED, f"{change.ticket_id!r} is not a ticket's number")
        refused, lost = "", False
        for _ in range(ROUNDS):
            try:
                looked = self._client.ticket(change.ticket_id)
            except NotFound:
                return _result(change, ChangeOutcome.REFUSED_CLOSED, "there is no such ticket")
            item = body_of(looked)
            if (final := _is_final(item, change.ticket_id)) is not None:
                return _result(change, ChangeOutcome.REFUSED_CLOSED, final)
            try:
                wanted = self._wanted(change, READ.field_values(item))
            except Invalid as error:
                return _result(change, ChangeOutcome.REFUSED, str(error))
            if not wanted:
                return self._say(change)
            if refused:
                return _result(change, ChangeOutcome.REFUSED, refused)
            try:
                answer = self._client.set_fields(change.ticket_id, wanted, looked.headers.get("ETag", ""))
            except ConnectorError as error:
                if not error.uncertain:
                    raise
                lost = True
                continue
            if answer.status != 412:
                refused = words_of(answer) or f"Request Tracker does not take {', '.join(sorted(wanted))}"
        outcome = ChangeOutcome.UNCERTAIN if lost else ChangeOutcome.FAILED
        return _result(change, outcome, "the answers were lost" if lost else TOO_BUSY)

    def _wanted(self, change: TicketChange, present: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
        """What must be written, by the names of custom fields. Raises :class:`Invalid` for one that is not there."""
        wanted: dict[str, Any] = {}
        for name, value in change.fields.items():
            field = self._fields.get(name, "")
            _require(field in present, f"the ticket has no custom field for {name}", f"helpdesk.fields.{name}")
            texts = written(value)
            if not same(texts, present[field]):
                wanted[field] = to_api(texts, present[field])
        if change.add_tags or change.remove_tags:
            field = self._tags_field
            _require(field in present, f'the ticket has no custom field "{field}" for tags', "helpdesk.tags_field")
            kept = [tag for tag in present[field] if tag not in change.remove_tags]
            tags = [*kept, *sorted(change.add_tags.difference(kept))]
            if tags != list(present[field]):
                wanted[field] = tags
        return wanted

    def _say(self, change: TicketChange) -> ChangeResult:
        if change.comment is None:
            return _result(change, ChangeOutcome.APPLIED)
        if self._sees_own_comments is False:
            return _result(change, ChangeOutcome.FAILED, _BLIND)
        try:
            answer = self._client.say(change.ticket_id, change.comment.kind, marked(change.comment, change.reference))
        except ConnectorError as error:
            if error.uncertain:
                return _result(change, ChangeOutcome.UNCERTAIN, str(error))
            raise
        if answer.status != 201:
            return _result(change, ChangeOutcome.FAILED, words_of(answer))
        self._look_for_own_comment(answer)
        return _result(change, ChangeOutcome.APPLIED)

    def _look_for_own_comment(self, answer: Response) -> None:
        """Once: whether what we write can be read. Without that right a comment whose answer was lost comes twice."""
        transaction_id = answer.headers.get("Location", "").rpartition("/")[2]
        if self._sees_own_comments is not None or not is_number(transaction_id):
            return
        try:
            self._sees_own_comments = self._client.transaction_exists(transaction_id) or None
        except PermissionMissing:
            self._sees_own_comments = False
        except ConnectorError:
            return


_BLIND = "The configured user does not see its own comments; give it the right ShowTicketComments."


def marked(comment: Comment, reference: str) -> str:
    """The text of a comment with our mark at its end."""
    return f"{comment.body}\n\n{reference}"


def marks_in(text: str, references: frozenset[str]) -> frozenset[str]:
    """Which of ``references`` stand in a text as our mark."""
    return references.intersection(line.strip() for line in text.splitlines())


def _is_final(item: Object, ticket_id: str) -> str | None:
    """Why a ticket takes no changes; ``None`` when it does."""
    survivor = READ.identity(item.get("id"), "ticket.id")
    if survivor != ticket_id:
        return f"the ticket was merged into {survivor}"
    return "the ticket is deleted" if is_deleted(item) else None


def _require(holds: bool, what: str, setting: str) -> None:
    if not holds:
        detail = f"Make it in Request Tracker and apply it to the queue, or correct {setting}."
        raise Invalid(PRODUCT, what, remedy=detail)


def _result(change: TicketChange, outcome: ChangeOutcome, message: str = "") -> ChangeResult:
    return ChangeResult(change.ticket_id, change.reference, outcome, message)
