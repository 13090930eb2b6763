"""Writing many ticket changes with few calls, and knowing of each what became of it.

Terms
    batch     up to a hundred changes of different tickets; one call, which queues one job
    job       the write in the background (:mod:`connectors.zendesk.jobs`)
    look      the tickets read once more after their jobs ended

Promises. A batch is sent once. One whose answer or job was lost is ``uncertain`` and never sent again from here, and
what would have followed it is not sent at all. A batch that is refused as a whole is halved until the change that is
at fault stands alone. Tags that are not ours are never named in a write, so that an agent's tag added meanwhile stays.

Tags go as ``additional_tags`` and ``remove_tags`` of each ticket in the batch. The vendor's page "Adding tags to
tickets without overwriting existing tags" shows the first for a batch; an older edition of it denied both, and none
shows the second. Hence the look: a tag that did not come or go is put right by the ticket's own tags call, which
changes single tags too. The look also tells a closed ticket from content that is refused.
Own marks go as ``metadata``, which comes back as ``metadata.custom`` of the audit ("Ticket audits"). That it does so
from a batch is documented nowhere and was never recorded, so a comment carries its mark at the end of its text as well:
either is enough to find it again. A change without a comment may be written again; that changes nothing more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from connectors.custom_fields import FieldMap
from connectors.errors import ConnectorError, Invalid, PermissionMissing, WrongCredentials
from connectors.records import ChangeOutcome, ChangeResult, CommentKind, TicketChange
from connectors.value_reader import is_number
from connectors.zendesk.client import Object, ZendeskClient
from connectors.zendesk.fields import custom_fields
from connectors.zendesk.jobs import Batch, follow
from connectors.zendesk.settings import PRODUCT
from connectors.zendesk.translate import tags_of

MARK = "care_sync"
OWN_CHANNELS = ("api", "web_service")
"""How our own comments come, in the words of audits."""
BATCHES_AT_ONCE = 10
"""Jobs under way at a time; the product allows thirty, for everybody together."""


def write(
    changes: Sequence[TicketChange],
    client: ZendeskClient,
    fields: FieldMap,
    sleep: Callable[[float], None],
    batch_size: int,
) -> Iterator[ChangeResult]:
    """Write ``changes``, at most one per ticket; yield one result each, in their order.

    Raises :class:`WrongCredentials` and :class:`PermissionMissing` while nothing has been written for anybody.
    """
    at_once = batch_size * BATCHES_AT_ONCE
    is_anything_queued, broken = False, None
    for start in range(0, len(changes), at_once):
        wave = changes[start : start + at_once]
        batches: list[Batch] = []
        for first in range(0, len(wave), batch_size):
            batches += _send(tuple(wave[first : first + batch_size]), client, fields, broken)
            broken = broken or _broken(batches)
            is_anything_queued = is_anything_queued or any(batch.job_id is not None for batch in batches)
            if isinstance(broken, (WrongCredentials, PermissionMissing)) and not is_anything_queued:
                raise broken
        follow([batch for batch in batches if batch.job_id is not None], client, sleep)
        for batch in batches:
            _look(batch, client)
            yield from (batch.results[change.ticket_id] for change in batch.changes)


def ticket_update(change: TicketChange, fields: FieldMap) -> dict[str, Any]:
    """What one ticket of a batch says. Raises :class:`Invalid` for a ticket or field that cannot exist."""
    if not is_number(change.ticket_id):
        raise Invalid(PRODUCT, f"{change.ticket_id!r} is not a ticket's number")
    update: dict[str, Any] = {"id": int(change.ticket_id), "metadata": {MARK: {"reference": change.reference}}}
    if change.add_tags:
        update["additional_tags"] = sorted(change.add_tags)
    if change.remove_tags:
        update["remove_tags"] = sorted(change.remove_tags)
    if change.fields:
        update["custom_fields"] = custom_fields(fields, change.fields)
    if change.comment is not None:
        body = f"{change.comment.body}\n\n{change.reference}"
        update["comment"] = {"body": body, "public": change.comment.kind is CommentKind.REPLY}
    return update


def references_in(audit: Mapping[str, Any], references: frozenset[str]) -> frozenset[str]:
    """Which of ``references`` an audit of ours carries, in its metadata or in the text of a comment."""
    return references.intersection((_reference_in_metadata(audit), *_last_lines(audit)))


def _reference_in_metadata(audit: Mapping[str, Any]) -> str | None:
    metadata = audit.get("metadata")
    custom = metadata.get("custom") if isinstance(metadata, dict) else None
    mark = custom.get(MARK) if isinstance(custom, dict) else None
    reference = mark.get("reference") if isinstance(mark, dict) else None
    return reference if isinstance(reference, str) else None


def _last_lines(audit: Mapping[str, Any]) -> Iterator[str]:
    """The last line of each comment that came by the API; what a customer quotes of ours came by another way."""
    via = audit.get("via")
    if isinstance(via, dict) and via.get("channel") not in (None, *OWN_CHANNELS):
        return
    events = audit.get("events")
    for event in events if isinstance(events, list) else []:
        body = event.get("body") if isinstance(event, dict) and event.get("type") == "Comment" else None
        if isinstance(body, str) and body.strip():
            yield body.strip().splitlines()[-1].strip()


def _send(
    changes: tuple[TicketChange, ...], client: ZendeskClient, fields: FieldMap, broken: ConnectorError | None
) -> list[Batch]:
    """Queue the job of a batch; one that is refused as a whole comes back in parts. What is broken is asked no more."""
    batch = Batch(changes)
    if broken is not None:
        batch.settle_rest(ChangeOutcome.FAILED, f"not sent, after: {broken}")
        return [batch]
    updates: list[dict[str, Any]] = []
    for change in changes:
        try:
            updates.append(ticket_update(change, fields))
            batch.sent += (change,)
        except Invalid as error:
            batch.settle(change, ChangeOutcome.REFUSED, str(error))
    if not updates:
        return [batch]
    try:
        batch.job_id = client.update_many(updates)
    except Invalid as error:
        if len(updates) > 1:
            middle = len(changes) // 2
            halves = _send(changes[:middle], client, fields, None)
            return halves + _send(changes[middle:], client, fields, _broken(halves))
        batch.settle_rest(ChangeOutcome.REFUSED, str(error))
    except ConnectorError as error:
        batch.broken = error
        outcome = ChangeOutcome.UNCERTAIN if error.uncertain else ChangeOutcome.FAILED
        batch.settle_rest(outcome, str(error))
    return [batch]


def _broken(batches: Sequence[Batch]) -> ConnectorError | None:
    return next((batch.broken for batch in batches if batch.broken is not None), None)


def _look(batch: Batch, client: ZendeskClient) -> None:
    """Read back what the job's word does not settle: tags that were to change, and changes that were refused."""
    looked_at = [change for change in batch.changes if _needs_look(change, batch.results[change.ticket_id].outcome)]
    if batch.job_id is None or not looked_at:
        return
    try:
        page = client.show_many([change.ticket_id for change in looked_at])
        stored = {str(item.get("id")): item for item in page.tickets}
    except ConnectorError:
        return
    for change in looked_at:
        item = stored.get(change.ticket_id)
        result = batch.results[change.ticket_id]
        if result.outcome is ChangeOutcome.REFUSED:
            if item is None or item.get("status") in ("closed", "deleted"):
                batch.settle(change, ChangeOutcome.REFUSED_CLOSED, result.message)
        elif item is not None and item.get("status") not in ("closed", "deleted"):
            batch.settle(change, ChangeOutcome.APPLIED, _put_tags_right(change, item, client))


def _needs_look(change: TicketChange, outcome: ChangeOutcome) -> bool:
    if outcome is ChangeOutcome.APPLIED:
        return bool(change.add_tags or change.remove_tags)
    return outcome is ChangeOutcome.REFUSED


def _put_tags_right(change: TicketChange, item: Object, client: ZendeskClient) -> str:
    """Add and remove what the job left; a failure is reported, not raised: the next pass sees the tags as they are."""
    try:
        tags = tags_of(item)
        if missing := change.add_tags - tags:
            client.add_tags(change.ticket_id, sorted(missing))
        if left := change.remove_tags & tags:
            client.remove_tags(change.ticket_id, sorted(left))
    except ConnectorError as error:
        return f"the tags may not all stand yet: {error}"
    return ""
