"""Writing ticket changes one by one, and knowing of each what became of it.

Terms
    difference   what of a change does not stand on the ticket yet
    mark         our reference at the end of a comment's text, visible; Freshdesk has no other place for one

The order within a change: the ticket is read; the difference in tags and fields is written; the comment with its mark
comes last. So a mark that is found says that all of its change stands, and a change whose mark is not found can be made
again: tags and fields that stand already are not written twice.

Tags are replaced as a whole by Freshdesk, so the set that is written is the one just read, with ours added and taken
away. What the answer shows is compared with what was wanted, and merged and written again when somebody else's write
came between. What is left is the moment between our reading and our writing: a tag that an agent adds in it is lost,
and Freshdesk offers no way to notice. Nothing is read ahead, so that it stays a moment.

A write whose answer is lost is not repeated blindly: the ticket is read again and tells. A comment whose answer is lost
is ``uncertain``, for it must not stand there twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from connectors.custom_fields import FieldMap
from connectors.errors import ConnectorError, Invalid, Malformed, NotFound, PermissionMissing, WrongCredentials
from connectors.freshdesk.bulk import write_alike
from connectors.freshdesk.client import PRODUCT, READ, FreshdeskClient
from connectors.freshdesk.translate import html_of, is_gone
from connectors.records import ChangeOutcome, ChangeResult, CommentKind, TicketChange
from connectors.value_reader import Object, is_number

TRIES = 3
"""How often the difference is written when it does not come to stand."""
GONE = frozenset({404, 405, 410})
"""The ticket is archived, in the trash, or nowhere."""
CONFLICT = 409
IS_FINAL = "the ticket is archived, deleted or spam"


def write(
    changes: Sequence[TicketChange], client: FreshdeskClient, fields: FieldMap, sleep: Callable[[float], None]
) -> Iterator[ChangeResult]:
    """Write ``changes``, at most one per ticket; yield one result each, in their order.

    Raises :class:`WrongCredentials` and :class:`PermissionMissing` while nothing has been written for anybody. What is
    broken is asked no more: the rest of the changes failed then.
    """
    done = write_alike(changes, client, fields, sleep)
    is_anything_written = bool(done)
    broken: ConnectorError | None = None
    for change in changes:
        if change.ticket_id in done:
            yield _result(change, ChangeOutcome.APPLIED)
        elif broken is not None:
            yield _result(change, ChangeOutcome.FAILED, f"not sent, after: {broken}")
        else:
            try:
                result = _write_one(change, client, fields)
                is_anything_written = is_anything_written or result.outcome is ChangeOutcome.APPLIED
                yield result
            except (WrongCredentials, PermissionMissing) as error:
                if not is_anything_written:
                    raise
                broken = error
                yield _result(change, ChangeOutcome.FAILED, str(error))
            except ConnectorError as error:
                broken = None if isinstance(error, Malformed) else error
                yield _result(change, ChangeOutcome.UNCERTAIN if error.uncertain else ChangeOutcome.FAILED, str(error))


def _write_one(change: TicketChange, client: FreshdeskClient, fields: FieldMap) -> ChangeResult:
    if not is_number(change.ticket_id):
        return _result(change, ChangeOutcome.REFUSED, f"{change.ticket_id!r} is not a ticket's number")
    try:
        fields.write(PRODUCT, change.fields)
        ticket = client.ticket(change.ticket_id)
        if is_gone(ticket):
            return _result(change, ChangeOutcome.REFUSED_CLOSED, IS_FINAL)
        if (failure := _write_difference(change, ticket, client, fields)) is not None:
            return failure
        if change.comment is not None:
            body = html_of(change.comment.body, change.reference)
            send = client.reply if change.comment.kind is CommentKind.REPLY else client.add_note
            send(change.ticket_id, body)
    except (NotFound, Invalid) as error:
        if _refusal(error) is ChangeOutcome.REFUSED_CLOSED:
            client.require_account()
        return _result(change, _refusal(error), str(error))
    return _result(change, ChangeOutcome.APPLIED)


def _write_difference(
    change: TicketChange, ticket: Object, client: FreshdeskClient, fields: FieldMap
) -> ChangeResult | None:
    """Bring tags and fields to stand; gives what went wrong, if anything did."""
    seen, lost = ticket, None
    fields_stand = False
    for _ in range(TRIES):
        properties = _difference(change, seen, fields, with_fields=not fields_stand)
        if not properties:
            return None
        try:
            seen = client.update(change.ticket_id, properties)
            # Fields that were taken are believed: the product may keep a value in another way than it was written.
            fields_stand, lost = True, None
        except ConnectorError as error:
            if not error.uncertain:
                raise
            lost = error
            seen = client.ticket(change.ticket_id)
    if not _difference(change, seen, fields, with_fields=not fields_stand):
        return None
    if lost is not None:
        return _result(change, ChangeOutcome.UNCERTAIN, str(lost))
    return _result(change, ChangeOutcome.FAILED, "somebody else keeps changing the tags; ours do not come to stand")


def _difference(change: TicketChange, ticket: Object, fields: FieldMap, *, with_fields: bool) -> dict[str, Any]:
    """What an update must say; Freshdesk takes tags that differ in capitals alone for the same."""
    standing = READ.texts(ticket.get("tags"), "ticket.tags")
    unwanted = {tag.casefold() for tag in change.remove_tags}
    kept = [tag for tag in sorted(standing) if tag.casefold() not in unwanted]
    known = {tag.casefold() for tag in kept}
    tags = [*kept, *(tag for tag in sorted(change.add_tags) if tag.casefold() not in known)]
    properties: dict[str, Any] = {} if set(tags) == standing else {"tags": tags}
    if with_fields and change.fields:
        values = READ.an_object(ticket.get("custom_fields") or {}, "ticket.custom_fields")
        if differing := fields.differing(change.fields, values):
            properties["custom_fields"] = fields.write(PRODUCT, differing)
    return properties


def _refusal(error: NotFound | Invalid) -> ChangeOutcome:
    if error.status in GONE or isinstance(error, NotFound):
        return ChangeOutcome.REFUSED_CLOSED
    return ChangeOutcome.FAILED if error.status == CONFLICT else ChangeOutcome.REFUSED


def _result(change: TicketChange, outcome: ChangeOutcome, message: str = "") -> ChangeResult:
    return ChangeResult(change.ticket_id, change.reference, outcome, message)
