"""The Request Tracker connector: what is particular to this product, on its sandbox over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.conformance.helpdesk_words import apply, drain, named, note, organizations, outcomes, reply, ticket_of
from connectors.errors import BadSignature, Invalid, Malformed, PermissionMissing
from connectors.records import Channel, Ticket, TicketChange, TicketStatus
from connectors.request_tracker.connector import OVERLAP
from connectors.request_tracker.customers import Customers
from connectors.request_tracker.settings import RequestTrackerSettings
from connectors.request_tracker.translate import creation_from_api
from connectors.request_tracker.writing import ROUNDS
from connectors.sandbox.request_tracker_state import MODIFY_FIELD, SHOW_ASSET, SHOW_COMMENTS, SHOW_TICKET
from connectors.sandbox.server import Answer, Request
from tests.conformance.request_tracker_bed import CUSTOMER, TAGS, RequestTrackerBed

REFERENCE = "CS-00000000-0001"
SETTINGS = {"base_url": "https://rt.care.example", "token": "1-14-secret"}


@pytest.fixture
def bed() -> Iterator[RequestTrackerBed]:
    with RequestTrackerBed.open() as bed:
        yield bed


def take_right(bed: RequestTrackerBed, right: str) -> None:
    """CareSync's user loses a right."""
    for group in bed.server.site.groups.values():
        if group.name == "CareSync":
            group.rights -= {right}


def before(bed: RequestTrackerBed, verb: str, act: Any, *, times: int = 1) -> None:
    """Somebody acts right before the product answers a connector's request of that kind."""
    left = [times]

    def answer(request: Request) -> Answer:
        by_token = request.headers.get("authorization", "").startswith("token")
        if left[0] and by_token and request.method == verb:
            left[0] -= 1
            act()
        return bed.server.api.answer(request)

    bed.server.answer = answer  # type: ignore[method-assign]


def customer_of(bed: RequestTrackerBed, ticket_id: str, **changes: object) -> str | None:
    helpdesk = bed.helpdesk(**changes)
    by_id = {one.id: one.name for one in organizations(helpdesk).values()}
    return by_id.get(ticket_of(helpdesk, ticket_id).organization_id or "")


# ---- what must be seen before a reading means anything -------------------------------------------------


@pytest.mark.parametrize("zone", ["Europe/Amsterdam", ""])
def test_a_user_whose_time_zone_is_not_utc_reads_nothing(bed: RequestTrackerBed, zone: str) -> None:
    bed.file_ticket("Menu broken")
    bed.server.site.users[int(bed.place.user_id)].timezone = zone

    with pytest.raises(PermissionMissing, match="UTC"):
        drain(bed, bed.helpdesk())
    assert [one.subject for one in bed.helpdesk().check() if not one.passed] == ["time zone"]


def test_a_queue_that_is_out_of_sight_is_no_empty_queue(bed: RequestTrackerBed) -> None:
    with pytest.raises(PermissionMissing, match="Sales"):
        drain(bed, bed.helpdesk(queues=[bed.queue, "Sales"]))


def test_customers_that_are_out_of_sight_are_not_gone(bed: RequestTrackerBed) -> None:
    bed.file_ticket("Menu broken")
    take_right(bed, SHOW_ASSET)

    for read in (lambda: drain(bed, bed.helpdesk()), lambda: organizations(bed.helpdesk())):
        with pytest.raises(PermissionMissing, match="catalog"):
            read()


def test_a_catalog_that_is_not_there_is_named(bed: RequestTrackerBed) -> None:
    with pytest.raises(PermissionMissing, match="Clients"):
        drain(bed, bed.helpdesk(customers={"catalog": "Clients"}))


def test_without_queues_every_queue_counts_and_with_them_no_other(bed: RequestTrackerBed) -> None:
    here = bed.file_ticket("Here")
    bed.queue = "General"
    there = bed.file_ticket("There")

    assert drain(bed, bed.helpdesk(queues=[])).tickets.keys() == {here, there}
    assert drain(bed, bed.helpdesk()).tickets.keys() == {there}
    assert named(bed.helpdesk(), here, there).keys() == {there}


# ---- whose ticket it is --------------------------------------------------------------------------------


def test_the_field_of_a_ticket_decides_before_its_requestor(bed: RequestTrackerBed) -> None:
    ticket_id = bed.file_ticket("Menu broken", organization="Acme")
    assert customer_of(bed, ticket_id) == "Acme"

    bed.move(ticket_id, " gLoBex ")

    assert customer_of(bed, ticket_id) == "Globex"
    assert customer_of(bed, ticket_id, customers={"catalog": bed.catalog}) == "Acme"


def test_a_name_that_no_customer_has_points_at_nobody(bed: RequestTrackerBed) -> None:
    ticket_id = bed.file_ticket("Menu broken", organization="Acme")

    bed.move(ticket_id, "Acme Holding")

    assert customer_of(bed, ticket_id) is None


def test_a_name_that_two_customers_have_points_at_nobody_and_is_told(bed: RequestTrackerBed) -> None:
    ticket_id = bed.file_ticket("Menu broken", organization="Acme")
    bed.add_organization("ACME")

    assert customer_of(bed, ticket_id) is None
    (failed,) = [one for one in bed.helpdesk().check() if not one.passed]
    assert "acme" in failed.remedy


def test_requestors_of_two_customers_point_at_nobody_and_colleagues_of_ours_do_no_harm(bed: RequestTrackerBed) -> None:
    ours = bed.requestor("CARE")

    def filed(*asking: str) -> str:
        ticket = {"Queue": bed.queue, "Subject": "Menu broken", "Requestor": list(asking), "Content": "x"}
        return str(bed.ask("POST", "/ticket", by="anna", json=ticket, expect=201)["id"])

    assert customer_of(bed, filed(ours, bed.requestor("Acme"))) == "Acme"
    assert customer_of(bed, filed(bed.requestor("Acme"), bed.requestor("Globex"))) is None


def test_with_a_key_a_renamed_customer_keeps_its_tickets(bed: RequestTrackerBed) -> None:
    bed.add_organization("Initech", covered_services="K-17")
    ticket_id = bed.file_ticket("Menu broken", organization="K-17")
    by_key = {"catalog": bed.catalog, "key_field": "Diensten"}

    bed.edit_organization("Initech", new_name="Initrode")

    assert customer_of(bed, ticket_id, customers=by_key) == "Initrode"


def test_a_customer_who_comes_later_gets_the_tickets_that_did_not_change(bed: RequestTrackerBed) -> None:
    ticket_id = bed.file_ticket("Menu broken", organization="Initech")
    cursor = drain(bed, bed.helpdesk()).cursor
    bed.later(timedelta(hours=1))
    assert drain(bed, bed.helpdesk(), cursor).tickets[ticket_id].organization_id is None

    bed.later(timedelta(hours=1))
    initech = bed.add_organization("Initech")
    read = drain(bed, bed.helpdesk(), cursor)

    assert read.tickets[ticket_id].organization_id == initech
    assert read.organizations[initech].name == "Initech"


def test_a_customer_who_is_taken_out_is_listed_no_more(bed: RequestTrackerBed) -> None:
    bed.remove_organization("Globex")

    assert organizations(bed.helpdesk()).keys() == {"Acme"}


# ---- changes -------------------------------------------------------------------------------------------


def test_a_quiet_reading_tells_what_changed_within_the_overlap_and_no_more(bed: RequestTrackerBed) -> None:
    old = bed.file_ticket("Old")
    bed.later(OVERLAP + timedelta(seconds=1))
    new = bed.file_ticket("New")
    cursor = drain(bed, bed.helpdesk()).cursor
    bed.later(timedelta(days=1))

    assert drain(bed, bed.helpdesk(), cursor).tickets.keys() == {new}
    assert old not in drain(bed, bed.helpdesk(), cursor).tickets


def test_a_change_that_shows_late_is_told(bed: RequestTrackerBed) -> None:
    """Stamped when it began, stored a minute later: after a later change was read."""
    late, early = bed.file_ticket("Late"), bed.file_ticket("Early")
    began = bed.now()
    bed.later(timedelta(seconds=60))
    bed.edit(early, subject="Early, changed")
    cursor = drain(bed, bed.helpdesk()).cursor
    bed.edit(late, subject="Late, changed")
    bed.server.site.tickets[int(late)].updated = began

    assert drain(bed, bed.helpdesk(), cursor).tickets[late].subject == "Late, changed"


def test_a_ticket_deleted_while_pages_are_turned_hides_no_other(bed: RequestTrackerBed) -> None:
    ids = [bed.file_ticket(f"Question {number}") for number in range(12)]
    pages = bed.helpdesk().changed_tickets(None, bed.now() - timedelta(days=1))
    told = {one.id for one in next(pages).tickets}

    bed.delete(ids[0])
    told |= {one.id for page in pages for one in page.tickets}

    assert told == set(ids)


def test_what_was_deleted_during_a_reading_that_broke_off_is_told_by_the_next(bed: RequestTrackerBed) -> None:
    ids = [bed.file_ticket(f"Question {number}") for number in range(12)]
    page = next(bed.helpdesk().changed_tickets(None, bed.now() - timedelta(days=1)))
    bed.delete(ids[0])
    bed.later(timedelta(days=2))

    after = drain(bed, bed.helpdesk(), page.cursor)

    assert after.tickets[ids[0]].status is TicketStatus.DELETED


def test_a_deleted_ticket_keeps_its_customer(bed: RequestTrackerBed) -> None:
    ticket_id = bed.file_ticket("Menu broken", organization="Globex")
    helpdesk = bed.helpdesk()
    living = ticket_of(helpdesk, ticket_id)

    bed.delete(ticket_id)

    (deleted,) = bed.helpdesk().tickets([ticket_id]).tickets
    assert deleted.status is TicketStatus.DELETED
    assert (deleted.organization_id, deleted.requester_id) == (living.organization_id, living.requester_id)
    assert deleted.description == living.description


def test_a_ticket_merged_over_two_steps_leads_to_the_one_that_is_left(bed: RequestTrackerBed) -> None:
    first, second, third = (bed.file_ticket(f"Question {number}") for number in range(3))
    bed.merge(first, second)
    bed.merge(second, third)

    found = named(bed.helpdesk(), first, second, third)

    assert [found[one].merged_into for one in (first, second, third)] == [third, third, None]


def test_a_cursor_that_is_not_ours_is_invalid(bed: RequestTrackerBed) -> None:
    for cursor in ("1234", "2026-10-26T12:00:00+00:00", "2026-10-26T12:00:00/1/2026-10-26T12:00:00+00:00/x"):
        with pytest.raises(Invalid):
            drain(bed, bed.helpdesk(), cursor)


@pytest.mark.parametrize("path", ["/tickets", "/transactions", "/assets"])
def test_pages_that_lead_nowhere_come_to_an_end(bed: RequestTrackerBed, path: str) -> None:
    bed.file_ticket("Menu broken")
    honest, same = bed.server.api.answer, list[Any]()

    def answer(request: Request) -> Answer:
        told = honest(request)
        if request.path != f"/REST/2.0{path}" or not isinstance(told.data, dict):
            return told
        same.extend(told.data["items"] if not same else [])
        return Answer(data={**told.data, "items": same or [{"id": 1, "ObjectId": 1}], "total": 1000})

    bed.server.answer = answer  # type: ignore[method-assign]
    with pytest.raises(Malformed, match="nowhere"):
        drain(bed, bed.helpdesk())


def test_rows_that_we_may_not_see_do_not_end_a_list(bed: RequestTrackerBed) -> None:
    """Mails to customers are transactions that the user does not see: whole pages can lack rows."""
    ids = [bed.file_ticket(f"Question {number}") for number in range(120)]
    for ticket_id in ids:
        bed.delete(ticket_id)
    bed.later(timedelta(days=1))

    told = drain(bed, bed.helpdesk(page_size=100)).tickets

    assert {one.id for one in told.values() if one.status is TicketStatus.DELETED} == set(ids)


# ---- what a ticket says --------------------------------------------------------------------------------


def test_words_of_other_life_cycles_are_read_as_configured_and_else_as_open(bed: RequestTrackerBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    bed.server.site.tickets[int(ticket_id)].status = "waiting for customer"

    assert ticket_of(bed.helpdesk(), ticket_id).status is TicketStatus.OPEN
    configured = bed.helpdesk(statuses={"waiting for customer": "pending"})
    assert ticket_of(configured, ticket_id).status is TicketStatus.PENDING


def test_the_owner_is_the_assignee_and_nobody_is_none(bed: RequestTrackerBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    assert ticket_of(bed.helpdesk(), ticket_id).assignee_id is None

    anna = bed.server.site.named("anna")
    assert anna is not None
    bed.server.site.tickets[int(ticket_id)].owner_id = anna.id

    assert ticket_of(bed.helpdesk(), ticket_id).assignee_id == str(anna.id)


@pytest.mark.parametrize(
    ("parts", "channel", "description"),
    [
        ([], Channel.OTHER, ""),
        ([{"ContentType": "text/plain", "Content": "Hello", "Headers": "X-RT-Interface: Web\n"}], Channel.WEB, "Hello"),
        (
            [{"ContentType": "text/html", "Content": "<p>Hi &amp; bye</p>", "Headers": "X-RT-Interface: REST2"}],
            Channel.API,
            "Hi & bye",
        ),
        (
            [
                {"ContentType": "multipart/mixed", "Content": "", "Headers": "From: eva\nX-RT-Interface: Email\n"},
                {"ContentType": "text/html", "Content": "<b>Hi</b>", "Headers": ""},
                {"ContentType": "text/plain", "Content": "Hi", "Headers": ""},
                {"ContentType": "text/plain", "Content": "a log", "Headers": "", "Filename": "log.txt"},
            ],
            Channel.EMAIL,
            "Hi",
        ),
        ([{"ContentType": "text/plain", "Content": "log", "Headers": "", "Filename": "log.txt"}], Channel.OTHER, ""),
    ],
)
def test_how_a_ticket_came_in_and_what_was_written(
    parts: list[dict[str, str]], channel: Channel, description: str
) -> None:
    creation = creation_from_api(parts)

    assert (creation.channel, creation.description) == (channel, description)


def test_several_values_are_several(bed: RequestTrackerBed) -> None:
    ticket_id = bed.file_ticket("Menu broken", tags=("a", "b"))
    helpdesk = bed.helpdesk(fields={"service": TAGS, "cause": "Oorzaak"})

    assert ticket_of(helpdesk, ticket_id).fields == {"service": ("a", "b"), "cause": None}
    apply(helpdesk, TicketChange(ticket_id, REFERENCE, fields={"service": ("c", "d")}))
    assert bed.values(ticket_id)[TAGS] == ["c", "d"]


# ---- writing -------------------------------------------------------------------------------------------


def test_a_tag_that_an_agent_adds_between_our_look_and_our_write_stays(bed: RequestTrackerBed) -> None:
    ticket_id = bed.file_ticket("Menu broken", tags=("vip",))
    before(bed, "PUT", lambda: bed.tag(ticket_id, "urgent"))

    results = apply(
        bed.helpdesk(), TicketChange(ticket_id, REFERENCE, frozenset({"sla_included"}), comment=note("Binnen de SLA."))
    )

    assert outcomes(results) == ["applied"]
    assert bed.seen(ticket_id).tags == {"vip", "urgent", "sla_included"}
    assert len(bed.seen(ticket_id).comments) == 1


def test_a_ticket_that_never_stands_still_is_left_for_later(bed: RequestTrackerBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    numbers = iter(range(100))
    before(bed, "PUT", lambda: bed.edit(ticket_id, subject=f"Menu {next(numbers)}"), times=100)

    results = apply(
        bed.helpdesk(), TicketChange(ticket_id, REFERENCE, frozenset({"sla_included"}), comment=note("Binnen de SLA."))
    )

    assert outcomes(results) == ["failed"]
    assert next(numbers) == ROUNDS
    assert bed.seen(ticket_id).comments == ()


def test_a_write_whose_answer_was_lost_once_is_looked_at_and_goes_on(bed: RequestTrackerBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    for kind in ("lost_after", "lost_before"):
        bed.server.faults.add(kind, route="^PUT ", times=1)
        change = TicketChange(
            ticket_id, f"{REFERENCE}-{kind}", frozenset({f"sla_{kind}"}), comment=note(f"Note {kind}")
        )

        assert outcomes(apply(bed.helpdesk(), change)) == ["applied"]

    assert bed.seen(ticket_id).tags == {"sla_lost_after", "sla_lost_before"}
    assert len(bed.seen(ticket_id).comments) == 2


def test_the_comment_comes_last_so_that_its_mark_tells_of_everything(bed: RequestTrackerBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    change = TicketChange(ticket_id, REFERENCE, frozenset({"sla_included"}), comment=note("Binnen de SLA."))
    bed.server.faults.add("lost_before", route="^POST /REST/2.0/ticket/")

    results = apply(bed.helpdesk(), change)

    bed.mend()
    assert outcomes(results) == ["uncertain"]
    assert bed.seen(ticket_id).tags == {"sla_included"}
    assert bed.helpdesk().applied_references(ticket_id, frozenset({REFERENCE})) == frozenset()


def test_what_stands_already_is_not_written_again(bed: RequestTrackerBed) -> None:
    ticket_id = bed.file_ticket("Menu broken", tags=("sla_included",), cause="care")
    change = TicketChange(ticket_id, REFERENCE, frozenset({"sla_included"}), fields={"cause": "CARE"})
    bed.server.requests.clear()

    assert outcomes(apply(bed.helpdesk(), change)) == ["applied"]
    assert [one.method for one in bed.server.requests] == ["GET"]


@pytest.mark.parametrize(("value", "stands"), [(0, "0"), (True, "yes"), (False, "no"), ("", None), (None, None)])
def test_a_value_is_written_as_people_write_it_and_emptied(
    bed: RequestTrackerBed, value: Any, stands: str | None
) -> None:
    ticket_id = bed.file_ticket("Menu broken", fix_adopted=True, care_minutes=0)
    field = "care_minutes" if value in (0, "") and value is not False else "fix_adopted"

    results = apply(bed.helpdesk(), TicketChange(ticket_id, REFERENCE, fields={field: value}))

    assert outcomes(results) == ["applied"]
    assert bed.seen(ticket_id).fields[field] == stands


def test_what_is_refused_is_told_in_the_products_words_and_gets_no_comment(bed: RequestTrackerBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")

    (result,) = apply(
        bed.helpdesk(), TicketChange(ticket_id, REFERENCE, fields={"cause": "moon_phase"}, comment=note("Binnen."))
    )

    assert (result.outcome.value, result.message) == ("refused", "Invalid value for custom field")
    assert bed.seen(ticket_id).comments == ()


def test_without_the_right_to_write_fields_nothing_is_said_either(bed: RequestTrackerBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    take_right(bed, MODIFY_FIELD)

    (result,) = apply(
        bed.helpdesk(), TicketChange(ticket_id, REFERENCE, frozenset({"sla_included"}), comment=note("Binnen."))
    )

    assert (result.outcome.value, result.message) == ("refused", "Permission Denied")
    assert bed.seen(ticket_id).comments == ()


def test_a_merged_ticket_is_refused_and_the_one_that_took_it_over_stays_as_it_is(bed: RequestTrackerBed) -> None:
    gone, stays = bed.file_ticket("Gone"), bed.file_ticket("Stays")
    bed.merge(gone, stays)

    (result,) = apply(
        bed.helpdesk(), TicketChange(gone, REFERENCE, frozenset({"sla_included"}), comment=note("Binnen de SLA."))
    )

    assert (result.outcome.value, result.message) == ("refused_closed", f"the ticket was merged into {stays}")
    assert bed.seen(stays).tags == frozenset()
    assert bed.seen(stays).comments == ()


def test_a_deleted_ticket_is_refused_though_the_product_would_take_the_change(bed: RequestTrackerBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    bed.delete(ticket_id)

    results = apply(bed.helpdesk(), TicketChange(ticket_id, REFERENCE, comment=note("Binnen de SLA.")))

    assert outcomes(results) == ["refused_closed"]
    assert bed.seen(ticket_id).comments == ()


def test_a_resolved_ticket_takes_everything_and_stays_resolved(bed: RequestTrackerBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    bed.edit(ticket_id, status=TicketStatus.SOLVED)

    results = apply(
        bed.helpdesk(), TicketChange(ticket_id, REFERENCE, frozenset({"sla_included"}), comment=reply("Buiten de SLA."))
    )

    assert outcomes(results) == ["applied"]
    assert bed.seen(ticket_id).status is TicketStatus.SOLVED


def test_who_does_not_see_its_own_comments_writes_one_and_no_more(bed: RequestTrackerBed) -> None:
    first, second = bed.file_ticket("First"), bed.file_ticket("Second")
    take_right(bed, SHOW_COMMENTS)

    results = apply(
        bed.helpdesk(),
        TicketChange(first, REFERENCE, comment=note("Binnen de SLA.")),
        TicketChange(second, "CS-00000000-0002", comment=note("Binnen de SLA.")),
    )

    assert outcomes(results) == ["applied", "failed"]
    assert SHOW_COMMENTS in results[1].message
    assert bed.seen(second).comments == ()


def test_a_mark_is_looked_for_only_where_we_may_look(bed: RequestTrackerBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    take_right(bed, SHOW_TICKET)

    with pytest.raises(PermissionMissing):
        bed.helpdesk().applied_references(ticket_id, frozenset({REFERENCE}))


def test_a_mark_in_running_text_or_of_somebody_else_is_none(bed: RequestTrackerBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    helpdesk = bed.helpdesk()
    apply(helpdesk, TicketChange(ticket_id, "CS-00000000-0009", comment=note(f"About {REFERENCE} of last week")))
    bed.comment(ticket_id, note(REFERENCE))

    assert helpdesk.applied_references(ticket_id, frozenset({REFERENCE})) == frozenset()


def test_a_ticket_out_of_sight_fails_and_the_others_are_written(bed: RequestTrackerBed) -> None:
    """Refused for one ticket is not refused for all: rights can differ by queue."""
    first, second = bed.file_ticket("First"), bed.file_ticket("Second")
    honest = bed.server.api.answer

    def answer(request: Request) -> Answer:
        is_first = request.path == f"/REST/2.0/ticket/{first}" and "token" in request.headers.get("authorization", "")
        return Answer(403, {"message": "Forbidden"}) if is_first else honest(request)

    bed.server.answer = answer  # type: ignore[method-assign]
    tags = frozenset({"sla_included"})

    results = apply(bed.helpdesk(), TicketChange(first, REFERENCE, tags), TicketChange(second, f"{REFERENCE}2", tags))

    assert outcomes(results) == ["failed", "applied"]


# ---- webhooks, check and settings ------------------------------------------------------------------------


@pytest.mark.parametrize("stamp", ["", "soon", "1" * 30, "²"])
def test_a_call_without_a_proper_time_stamp_is_refused(bed: RequestTrackerBed, stamp: str) -> None:
    headers, body = bed.webhook_call(bed.file_ticket("Menu broken"))

    with pytest.raises(BadSignature):
        bed.helpdesk().webhook({**headers, "x-caresync-timestamp": stamp}, body, bed.now())


def test_without_a_secret_every_call_is_refused(bed: RequestTrackerBed) -> None:
    headers, body = bed.webhook_call(bed.file_ticket("Menu broken"))
    helpdesk = bed.helpdesk(webhook_secret=None)

    with pytest.raises(BadSignature, match="no secret"):
        helpdesk.webhook(headers, body, bed.now())
    assert [one.subject for one in helpdesk.check() if not one.passed] == ["webhook secret"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"ticket": "x", "worked": []}', b'{"ticket": 1}', b"\xff"])
def test_a_genuine_call_of_another_shape_is_malformed(bed: RequestTrackerBed, body: bytes) -> None:
    stamp = str(int(bed.now().timestamp()))
    signed = bed.sign(stamp, body)

    with pytest.raises(Malformed):
        bed.helpdesk().webhook(signed, body, bed.now())


@pytest.mark.parametrize("right", ["CommentOnTicket", "ReplyToTicket"])
def test_the_self_check_names_the_right_that_is_missing(bed: RequestTrackerBed, right: str) -> None:
    bed.file_ticket("Menu broken")
    take_right(bed, right)

    (failed,) = [one for one in bed.helpdesk().check() if not one.passed]

    assert right in failed.remedy


def test_the_self_check_wants_every_field_in_every_queue(bed: RequestTrackerBed) -> None:
    failed = [
        one.subject
        for one in bed.helpdesk(
            tags_field="Labels",
            customers={"catalog": bed.catalog, "ticket_field": "Wie", "key_field": "Nummer"},
            organization_fields={"sla": "Contract"},
        ).check()
        if not one.passed
    ]

    assert failed == [
        "ticket field for tags",
        "ticket field for the customer",
        "organization field sla",
        "customer field for the key",
    ]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"token": "secret"}, "1-14-"),
        ({"token": "1-x-secret"}, "1-14-"),
        ({"customers": {"by_requestor": False}}, "ticket_field"),
        ({"page_size": 1}, "page_size"),
        ({"statuses": {"waiting": "patient"}}, "statuses"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_settings_that_cannot_work_are_refused_without_the_secret(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError) as raised:
        RequestTrackerSettings.model_validate({**SETTINGS, **changes})

    assert told in str(raised.value)
    assert "x-secret" not in str(raised.value)


def test_a_site_below_a_path_is_asked_there() -> None:
    settings = RequestTrackerSettings.model_validate({**SETTINGS, "base_url": "https://care.example/rt/"})

    assert settings.address == "https://care.example/rt"
    assert settings.user_id == "14"


def test_customers_without_a_name_are_named_by_nobody() -> None:
    settings = RequestTrackerSettings.model_validate(SETTINGS)

    customers = Customers.of([{"id": 1, "Name": ""}, {"id": 2, "Name": "Acme"}], settings)

    assert customers.named("") is None
    assert customers.named("  acme ") == "2"
    assert customers.named(None) is None


def test_a_ticket_of_a_reading_is_dated_in_utc(bed: RequestTrackerBed) -> None:
    ticket: Ticket = ticket_of(bed.helpdesk(), bed.file_ticket("Menu broken"))

    assert ticket.created_at == datetime(2026, 10, 26, 11, 0, tzinfo=UTC)
    assert ticket.fields.keys().isdisjoint({CUSTOMER, TAGS})
