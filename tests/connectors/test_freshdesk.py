"""What Freshdesk's connector promises beyond the suite: closed, archived, merged and spam tickets, tags and limits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from pydantic import ValidationError

from connectors.conformance.helpdesk_words import (
    apply,
    drain,
    named,
    note,
    organizations,
    outcomes,
    reply,
    says,
    ticket_of,
)
from connectors.errors import Invalid, Limited, PermissionMissing, Unavailable
from connectors.freshdesk.settings import FreshdeskSettings, FreshdeskTimeSettings
from connectors.records import Channel, TicketChange, TicketStatus
from connectors.sandbox.freshdesk_records import CLOSED, FreshdeskTicket
from connectors.sandbox.server import Answer
from tests.conformance.freshdesk_bed import FreshdeskBed

REFERENCE = "CS-00000000-0001"
OURS = frozenset({"sla_included"})


@pytest.fixture
def bed() -> Iterator[FreshdeskBed]:
    with FreshdeskBed.open() as bed:
        yield bed


# ---- what a status means -----------------------------------------------------------------------------


def test_a_closed_ticket_is_solved_and_takes_our_note(bed: FreshdeskBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    bed.account.update(int(ticket_id), {"status": CLOSED})
    helpdesk = bed.helpdesk()

    results = apply(helpdesk, TicketChange(ticket_id, REFERENCE, add_tags=OURS, comment=note("Buiten de SLA.")))

    assert ticket_of(helpdesk, ticket_id).status is TicketStatus.SOLVED
    assert outcomes(results) == ["applied"]
    assert bed.account.records.tickets[int(ticket_id)].status == CLOSED


@pytest.mark.parametrize("status", [404, 301])
def test_an_archived_ticket_is_read_and_written_to_no_more(bed: FreshdeskBed, status: int) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    helpdesk = bed.helpdesk()
    assert outcomes(apply(helpdesk, TicketChange(ticket_id, REFERENCE, comment=note("Binnen de SLA.")))) == ["applied"]
    bed.close(ticket_id)
    bed.server.api.archived_status = status

    results = apply(helpdesk, TicketChange(ticket_id, "CS-00000000-0002", add_tags=OURS))

    assert outcomes(results) == ["refused_closed"]
    assert ticket_of(helpdesk, ticket_id).status is TicketStatus.CLOSED
    assert helpdesk.applied_references(ticket_id, frozenset({REFERENCE})) == {REFERENCE}


@pytest.mark.parametrize(
    ("number", "status"),
    [(6, TicketStatus.PENDING), (7, TicketStatus.HOLD), (12, TicketStatus.OPEN)],
)
def test_statuses_beyond_the_four_are_living_tickets(bed: FreshdeskBed, number: int, status: TicketStatus) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    bed.account.update(int(ticket_id), {"status": number})

    assert ticket_of(bed.helpdesk(), ticket_id).status is status


def test_spam_is_told_as_deleted_until_it_is_none(bed: FreshdeskBed) -> None:
    ticket_id = bed.file_ticket("Win a prize")
    bed.settle()
    cursor = drain(bed, bed.helpdesk()).cursor
    bed.account.mark_spam(int(ticket_id))
    bed.settle()

    spam = drain(bed, bed.helpdesk(), cursor)
    bed.account.mark_spam(int(ticket_id), is_spam=False)
    bed.settle()
    none = drain(bed, bed.helpdesk(), spam.cursor)

    assert spam.tickets[ticket_id].status is TicketStatus.DELETED
    assert none.tickets[ticket_id].status is TicketStatus.OPEN


def test_nothing_is_written_to_spam(bed: FreshdeskBed) -> None:
    ticket_id = bed.file_ticket("Win a prize")
    bed.account.mark_spam(int(ticket_id))

    results = apply(bed.helpdesk(), TicketChange(ticket_id, REFERENCE, comment=reply("Buiten de SLA.")))

    assert outcomes(results) == ["refused_closed"]
    assert bed.account.sent == []


def test_a_ticket_that_came_out_of_the_trash_lives(bed: FreshdeskBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    bed.delete(ticket_id)
    bed.settle()
    deleted = drain(bed, bed.helpdesk())
    bed.account.restore(int(ticket_id))
    bed.settle()

    assert deleted.tickets[ticket_id].status is TicketStatus.DELETED
    assert drain(bed, bed.helpdesk(), deleted.cursor).tickets[ticket_id].status is TicketStatus.OPEN


def test_the_channel_is_read_from_the_source(bed: FreshdeskBed) -> None:
    contact = bed.account.add_contact("Kees")
    by_phone = bed.account.file_ticket("Menu", "Kapot", contact, source=3)
    by_twitter = bed.account.file_ticket("Menu", "Kapot", contact, source=5)

    found = named(bed.helpdesk(), str(by_phone), str(by_twitter))

    assert [one.channel for one in found.values()] == [Channel.PHONE, Channel.OTHER]
    assert all(one.organization_id is None for one in found.values())


# ---- merges ------------------------------------------------------------------------------------------


def test_a_merge_is_told_in_the_words_of_the_account(bed: FreshdeskBed) -> None:
    gone, stays = bed.file_ticket("Menu broken"), bed.file_ticket("Menu")
    told = f'Dit ticket is samengevoegd met <a href="/a/tickets/{stays}">#{stays}</a>'
    bed.account.merge([int(gone)], int(stays), bed.anna, told)

    helpdesk = bed.helpdesk(merge_notes=["merged into ticket {number}", "samengevoegd met {number}"])

    assert ticket_of(helpdesk, gone).merged_into == stays
    assert ticket_of(helpdesk, gone).status is TicketStatus.CLOSED
    assert ticket_of(bed.helpdesk(), gone).merged_into is None


def test_a_customer_merges_nothing(bed: FreshdeskBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    told = "This ticket is closed and merged into ticket 1"
    bed.account.customer_replies(int(ticket_id), f"<div>{told}</div>")
    bed.account.note(int(ticket_id), bed.anna, f"<div>{told}</div>", private=False)
    bed.account.update(int(ticket_id), {"status": CLOSED})

    assert ticket_of(bed.helpdesk(), ticket_id).merged_into is None


def test_closed_tickets_are_asked_about_merges_once_and_only_where_wanted(bed: FreshdeskBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    bed.account.update(int(ticket_id), {"status": CLOSED})
    asked = f"GET tickets/{ticket_id}/conversations"
    helpdesk = bed.helpdesk()

    ticket_of(helpdesk, ticket_id)
    ticket_of(helpdesk, ticket_id)
    assert bed.calls()[asked] == 1
    ticket_of(bed.helpdesk(merge_notes=[]), ticket_id)
    assert bed.calls()[asked] == 1
    bed.later(timedelta(minutes=1))
    bed.comment(ticket_id, note("Toch nog iets."))
    ticket_of(helpdesk, ticket_id)
    assert bed.calls()[asked] == 2


# ---- tags --------------------------------------------------------------------------------------------


def test_a_write_that_came_between_is_merged_again(bed: FreshdeskBed) -> None:
    ticket_id = bed.file_ticket("Menu broken", tags=("vip",))
    stale = iter([["vip", "urgent"]])

    def an_agent_saves(ticket: FreshdeskTicket) -> None:
        ticket.tags = next(stale, ticket.tags)

    bed.account.automations.append(an_agent_saves)

    results = apply(bed.helpdesk(), TicketChange(ticket_id, REFERENCE, add_tags=OURS))

    assert outcomes(results) == ["applied"]
    assert bed.seen(ticket_id).tags == {"vip", "urgent", "sla_included"}


def test_tags_that_never_come_to_stand_fail_and_nothing_is_noted(bed: FreshdeskBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")

    def a_rule_removes(ticket: FreshdeskTicket) -> None:
        ticket.tags = []

    bed.account.automations.append(a_rule_removes)

    (result,) = apply(bed.helpdesk(), TicketChange(ticket_id, REFERENCE, add_tags=OURS, comment=note("Binnen.")))

    assert result.outcome.value == "failed"
    assert "tags" in result.message
    assert bed.seen(ticket_id).comments == ()


def test_tags_that_differ_in_capitals_are_the_same(bed: FreshdeskBed) -> None:
    ticket_id = bed.file_ticket("Menu broken", tags=("SLA_Included", "SLA_undetermined"))
    change = TicketChange(ticket_id, REFERENCE, add_tags=OURS, remove_tags=frozenset({"sla_undetermined"}))

    apply(bed.helpdesk(), change)

    assert bed.seen(ticket_id).tags == {"SLA_Included"}


def test_what_stands_already_is_not_written(bed: FreshdeskBed) -> None:
    ticket_id = bed.file_ticket("Menu broken", tags=("sla_included",), care_minutes=75)

    apply(bed.helpdesk(), TicketChange(ticket_id, REFERENCE, add_tags=OURS, fields={"care_minutes": 75}))

    assert not any(call.startswith("PUT") for call in bed.calls())


# ---- comments and lost answers -----------------------------------------------------------------------


def test_a_note_ends_with_our_reference_and_shows_markup_as_text(bed: FreshdeskBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")

    apply(bed.helpdesk(), TicketChange(ticket_id, REFERENCE, comment=note('<script>alert("x")</script> & meer')))

    (comment,) = bed.seen(ticket_id).comments
    assert comment.body == f'<script>alert("x")</script> & meer\n{REFERENCE}'
    assert "<script>" not in bed.account.records.conversations[int(ticket_id)][0].body


def test_a_reply_is_mailed_to_the_customer_once_and_a_note_is_not(bed: FreshdeskBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    helpdesk = bed.helpdesk()

    apply(helpdesk, TicketChange(ticket_id, REFERENCE, comment=note("Intern.")))
    apply(helpdesk, TicketChange(ticket_id, "CS-00000000-0002", comment=reply("Buiten de SLA.")))

    assert len(bed.account.sent) == 1
    assert "CS-00000000-0002" in bed.account.sent[0][1]


def test_a_lost_answer_to_tags_and_fields_is_found_out_and_the_note_follows(bed: FreshdeskBed) -> None:
    ticket_id = bed.file_ticket("Menu broken", tags=("vip",))
    bed.server.faults.add("lost_after", route="^PUT ", times=1)
    change = TicketChange(
        ticket_id, REFERENCE, add_tags=OURS, fields={"care_minutes": 75}, comment=note("Binnen de SLA.")
    )

    results = apply(bed.helpdesk(), change)

    assert outcomes(results) == ["applied"]
    assert bed.seen(ticket_id).tags == {"vip", "sla_included"}
    assert says(bed.seen(ticket_id), note("Binnen de SLA.")) == 1
    assert sum(call.startswith("PUT") for call in bed.calls()) == 1


def test_a_reference_that_a_customer_quotes_or_that_is_part_of_another_does_not_count(bed: FreshdeskBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    bed.account.customer_replies(int(ticket_id), f"<div>Over {REFERENCE} gesproken</div>")
    bed.account.note(int(ticket_id), bed.anna, f"<div>{REFERENCE}9</div>")

    assert bed.helpdesk().applied_references(ticket_id, frozenset({REFERENCE})) == frozenset()


def test_what_the_product_refuses_is_told_in_its_words(bed: FreshdeskBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")

    (result,) = apply(bed.helpdesk(), TicketChange(ticket_id, REFERENCE, add_tags=frozenset({"x" * 40})))

    assert result.outcome.value == "refused"
    assert "maximum of 32 characters" in result.message


def test_an_agent_who_may_not_write_is_called_that(bed: FreshdeskBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    bed.account.records.agents[bed.robot].may_edit = False

    with pytest.raises(PermissionMissing) as raised:
        apply(bed.helpdesk(), TicketChange(ticket_id, REFERENCE, comment=note("Binnen de SLA.")))

    assert raised.value.remedy


def test_an_account_that_moved_is_no_trash_full_of_tickets(bed: FreshdeskBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    helpdesk = bed.helpdesk()
    apply(helpdesk, TicketChange(ticket_id, "CS-00000000-0009", fields={"care_scope": "undetermined"}))
    bed.server.answers_instead = Answer(404, is_empty=True)

    (result,) = apply(helpdesk, TicketChange(ticket_id, REFERENCE, comment=note("Binnen de SLA.")))

    assert result.outcome.value == "failed"
    with pytest.raises(Unavailable):
        named(helpdesk, ticket_id)
    with pytest.raises(Unavailable):
        helpdesk.applied_references(ticket_id, frozenset({REFERENCE}))


# ---- the same for many -------------------------------------------------------------------------------


def alike(bed: FreshdeskBed, count: int = 6) -> list[TicketChange]:
    return [
        TicketChange(bed.file_ticket(f"Question {number}"), f"CS-{number:08}-0001", fields={"care_scope": "included"})
        for number in range(count)
    ]


def test_values_that_agree_are_written_with_one_call(bed: FreshdeskBed) -> None:
    changes = alike(bed)

    results = apply(bed.helpdesk(), *changes)

    calls = bed.calls()
    assert outcomes(results) == ["applied"] * 6
    assert all(bed.seen(one.ticket_id).fields["care_scope"] == "included" for one in changes)
    assert calls.pop("POST tickets/bulk_update") == 1
    assert calls.pop("GET ticket_fields") == 1
    assert sum(calls.values()) == 2  # the job, asked after 1 and 3 seconds


def test_values_that_differ_tags_and_comments_are_written_one_by_one(bed: FreshdeskBed) -> None:
    ids = [bed.file_ticket(f"Question {number}") for number in range(12)]
    changes = [
        *(TicketChange(one, f"CS-{one}-1", fields={"care_minutes": int(one)}) for one in ids[:4]),
        *(TicketChange(one, f"CS-{one}-1", fields={"care_scope": "x"}, add_tags=OURS) for one in ids[4:8]),
        *(TicketChange(one, f"CS-{one}-1", fields={"care_scope": "x"}, comment=note("x")) for one in ids[8:]),
    ]

    results = apply(bed.helpdesk(), *changes)

    assert outcomes(results) == ["applied"] * 12
    assert "POST tickets/bulk_update" not in bed.calls()


@pytest.mark.parametrize("way", ["lost", "slow", "refused", "no answer", "down"])
def test_a_job_that_goes_wrong_leaves_its_tickets_to_be_written_one_by_one(bed: FreshdeskBed, way: str) -> None:
    changes = alike(bed)
    if way == "lost":
        bed.server.api.writes.loses_jobs = True
    elif way == "slow":
        bed.server.api.writes.job_seconds = 3600
    elif way == "refused":
        changes.append(TicketChange("77777", "CS-00000077-0001", fields={"care_scope": "included"}))
        bed.server.api.writes.breaks_for = {int(changes[0].ticket_id)}
    elif way == "down":
        bed.server.faults.add("down", route="/jobs/")
    else:
        bed.server.faults.add("lost_after", route="bulk_update", times=1)

    results = apply(bed.helpdesk(), *changes)

    assert outcomes(results)[:6] == ["applied"] * 6
    assert outcomes(results)[6:] == ["refused_closed"] * (len(changes) - 6)
    assert all(bed.seen(one.ticket_id).fields["care_scope"] == "included" for one in changes[:6])


# ---- limits ------------------------------------------------------------------------------------------


def test_a_limit_is_kept_before_it_is_hit() -> None:
    with FreshdeskBed.open(requests_a_minute=30) as bed:
        ids = [bed.file_ticket(f"Question {number}") for number in range(40)]

        found = named(bed.helpdesk(), *ids)

        assert found.keys() == set(ids)
        assert 429 not in {one.status for one in bed.server.requests}
        state = bed.budgets.load("freshdesk:care")
        assert state is not None
        assert state.remaining is not None
        assert state.remaining >= 0


def test_a_budget_that_is_used_up_is_remembered_after_a_restart(bed: FreshdeskBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    bed.server.answers_instead = Answer(429, {"message": "limit"}, {"Retry-After": "90", "X-RateLimit-Remaining": "0"})
    with pytest.raises(Limited) as raised:
        named(bed.helpdesk(), ticket_id)
    bed.server.answers_instead = None
    refused_at = bed.clock.now()

    assert named(bed.helpdesk(), ticket_id).keys() == {ticket_id}

    assert raised.value.retry_after_seconds == 90
    assert bed.clock.now() - refused_at >= timedelta(minutes=1)
    assert [one.status for one in bed.server.requests].count(429) == 1


# ---- people and customers ----------------------------------------------------------------------------


def test_people_come_with_their_language_and_again_when_it_changes(bed: FreshdeskBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    bed.settle()
    first = drain(bed, bed.helpdesk())
    requester_id = first.tickets[ticket_id].requester_id or ""
    bed.later(timedelta(hours=1))
    bed.account.edit_contact(int(requester_id), language="en")
    bed.settle()

    second = drain(bed, bed.helpdesk(), first.cursor)

    assert first.people[requester_id].locale == "nl"
    assert second.people[requester_id].locale == "en"
    assert drain(bed, bed.helpdesk(), second.cursor).people == {}


def test_every_contact_is_read_at_first_whatever_their_age(bed: FreshdeskBed) -> None:
    contacts = [str(bed.account.add_contact(f"Contact {number}")) for number in range(13)]
    bed.later(timedelta(days=400))

    assert drain(bed, bed.helpdesk()).people.keys() == set(contacts)


def test_a_new_customer_comes_with_its_ticket_and_a_known_one_does_not(bed: FreshdeskBed) -> None:
    helpdesk = bed.helpdesk()
    organizations(helpdesk)
    bed.add_organization("Initech", sla=True)
    bed.file_ticket("Old customer", organization="Acme")
    bed.file_ticket("New customer", organization="Initech")
    bed.settle()

    read = drain(bed, helpdesk)

    assert [one.name for one in read.organizations.values()] == ["Initech"]
    assert read.organizations.popitem()[1].fields["sla"] is True


def test_a_customer_that_was_deleted_leaves_its_tickets_alone(bed: FreshdeskBed) -> None:
    ticket_id = bed.file_ticket("Menu broken", organization="Globex")
    bed.account.delete_company(bed._companies["Globex"])

    assert ticket_of(bed.helpdesk(), ticket_id).organization_id is None
    assert organizations(bed.helpdesk()).keys() == {"Acme"}


# ---- permissions, settings, the check ----------------------------------------------------------------


def test_a_scope_that_was_narrowed_between_two_readings_is_noticed(bed: FreshdeskBed) -> None:
    bed.file_ticket("Menu broken")
    bed.settle()
    helpdesk = bed.helpdesk()
    cursor = drain(bed, helpdesk).cursor
    bed.take_permission_away()

    with pytest.raises(PermissionMissing):
        drain(bed, helpdesk, cursor)
    (failed,) = [one for one in helpdesk.check() if not one.passed]
    assert "global access" in failed.remedy


def test_the_check_names_what_is_not_configured(bed: FreshdeskBed) -> None:
    helpdesk = bed.helpdesk(webhook_secret=None, organization_fields={"sla": "Onderhoud"})

    failed = {one.subject: one.remedy for one in helpdesk.check() if not one.passed}

    assert failed.keys() == {"webhook secret", "company field sla"}
    assert "Onderhoud" in failed["company field sla"]


@pytest.mark.parametrize(
    "cursor", ["", "yesterday", "2026-10-26T12:00:00+00:00", "a b c d", "2026-10-26 2026-10-26 2026-10-26 "]
)
def test_a_cursor_that_is_none_of_ours_is_invalid(bed: FreshdeskBed, cursor: str) -> None:
    with pytest.raises(Invalid):
        drain(bed, bed.helpdesk(), cursor)


@pytest.mark.parametrize(
    "wrong",
    [
        {"webhook_secret": "short"},
        {"domain": "care.freshdesk.com"},
        {"merge_notes": ["merged into another"]},
        {"page_size": 101},
        {"api_key": ""},
        {"subdomain": "care"},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        FreshdeskSettings.model_validate({"domain": "care", "api_key": "key", **wrong})


def test_an_account_is_where_its_domain_says_unless_told_otherwise() -> None:
    helpdesk = FreshdeskSettings.model_validate({"domain": "care", "api_key": "key"})
    tracker = FreshdeskTimeSettings.model_validate({"domain": "care", "api_key": "key"})

    assert helpdesk.address == tracker.address == "https://care.freshdesk.com"
    assert tracker.account_name == "care"
