"""What is Zendesk's own: the export's gap and cursors, limits, jobs and their ends, merges, fields, settings."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.conformance.helpdesk_bed import LONG_AGO, TOKEN
from connectors.conformance.helpdesk_words import apply, drain, named, note, organizations, outcomes, says, ticket_of
from connectors.errors import Invalid, Limited, PermissionMissing, Unavailable, WrongCredentials
from connectors.records import Channel, TicketChange, TicketStatus
from connectors.sandbox.server import Answer, Request
from connectors.zendesk.settings import ZendeskSettings
from tests.conformance.zendesk_bed import ZendeskBed

UPDATE = "PUT tickets/update_many"
EXPORT = "GET incremental/tickets/cursor"
JOBS = "GET job_statuses/show_many"


@pytest.fixture
def bed() -> Iterator[ZendeskBed]:
    with ZendeskBed.open() as bed:
        yield bed


def change(ticket_id: str, number: int = 1, **more: Any) -> TicketChange:
    return TicketChange(ticket_id, f"CS-{number:08}-0001", **{"comment": note("Binnen de SLA."), **more})


def tickets(bed: ZendeskBed, count: int) -> list[str]:
    return [bed.file_ticket(f"Question {number}") for number in range(count)]


# ---- the export ------------------------------------------------------------------------------------


def test_the_last_minute_comes_with_a_later_reading_and_by_name_at_once(bed: ZendeskBed) -> None:
    bed.file_ticket("Old")
    bed.settle()
    helpdesk = bed.helpdesk()
    cursor = drain(bed, helpdesk).cursor
    new = bed.file_ticket("New")
    bed.later(timedelta(seconds=30))

    at_once = drain(bed, helpdesk, cursor)
    by_name = named(helpdesk, new)
    bed.later(timedelta(seconds=31))
    later = drain(bed, helpdesk, at_once.cursor)

    assert new not in at_once.tickets
    assert new in by_name
    assert new in later.tickets


def test_a_reading_without_a_result_keeps_the_cursor(bed: ZendeskBed) -> None:
    first = drain(bed, bed.helpdesk())
    bed.file_ticket("Menu broken")
    bed.settle()
    second = drain(bed, bed.helpdesk(), first.cursor)
    bed.settle()

    third = drain(bed, bed.helpdesk(), second.cursor)

    assert first.cursor is None
    assert second.cursor is not None
    assert (third.cursor, third.tickets) == (second.cursor, {})


def test_an_answer_that_names_no_cursor_loses_none(bed: ZendeskBed) -> None:
    helpdesk = bed.helpdesk(fields={})
    bed.server.answers_instead = Answer(data={"tickets": [], "after_cursor": None, "end_of_stream": True})

    (page,) = helpdesk.changed_tickets("MTcwNzI3MTc0MS4wfHw0MDQ1fA==", bed.now())

    assert page.cursor == "MTcwNzI3MTc0MS4wfHw0MDQ1fA=="


def test_a_cursor_that_zendesk_does_not_know_is_invalid(bed: ZendeskBed) -> None:
    with pytest.raises(Invalid):
        drain(bed, bed.helpdesk(), "of another account")


def test_a_beginning_that_is_too_recent_is_moved_back(bed: ZendeskBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    bed.settle()

    assert ticket_id in drain(bed, bed.helpdesk(), since=bed.now()).tickets


def test_a_change_of_the_system_comes_with_its_old_time_and_the_same_content(bed: ZendeskBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    bed.settle()
    before = drain(bed, bed.helpdesk())
    bed.later(timedelta(days=1))
    bed.account.touch(int(ticket_id))
    bed.settle()

    after = drain(bed, bed.helpdesk(), before.cursor)

    assert after.tickets[ticket_id] == before.tickets[ticket_id]


def test_what_is_scrubbed_is_still_a_deleted_ticket(bed: ZendeskBed) -> None:
    ticket_id = bed.file_ticket("Menu broken", tags=("vip",))
    bed.delete(ticket_id)
    bed.settle()
    cursor = drain(bed, bed.helpdesk()).cursor
    bed.later(timedelta(days=30))
    bed.account.scrub(int(ticket_id))
    bed.settle()

    ticket = drain(bed, bed.helpdesk(), cursor).tickets[ticket_id]

    assert (ticket.status, ticket.subject, ticket.tags) == (TicketStatus.DELETED, "SCRUBBED", frozenset())


def test_a_deletion_taken_back_is_a_living_ticket(bed: ZendeskBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    bed.delete(ticket_id)
    bed.settle()
    cursor = drain(bed, bed.helpdesk()).cursor
    bed.account.restore(int(ticket_id))
    bed.settle()

    assert drain(bed, bed.helpdesk(), cursor).tickets[ticket_id].status.is_writable


def test_a_deleted_organization_is_taken_off_its_tickets(bed: ZendeskBed) -> None:
    organization_id = bed.add_organization("Initech")
    ticket_id = bed.file_ticket("Menu broken", organization="Initech")
    bed.settle()
    cursor = drain(bed, bed.helpdesk()).cursor
    bed.later(timedelta(hours=1))
    bed.account.delete_organization(int(organization_id))
    bed.settle()

    assert drain(bed, bed.helpdesk(), cursor).tickets[ticket_id].organization_id is None
    assert "Initech" not in organizations(bed.helpdesk())


# ---- merges ----------------------------------------------------------------------------------------


def test_where_a_merged_ticket_went_is_asked_once(bed: ZendeskBed) -> None:
    gone, stays = tickets(bed, 2)
    bed.merge(gone, stays)
    bed.settle()
    helpdesk = bed.helpdesk()

    for _ in range(3):
        assert named(helpdesk, gone)[gone].merged_into == stays

    assert bed.calls()[f"GET tickets/{gone}/audits"] == 1


def test_a_merge_is_told_in_the_language_of_the_account(bed: ZendeskBed) -> None:
    gone, stays = bed.file_ticket("Gaat niet open, zie #1"), bed.file_ticket("Menu")
    bed.comment(gone, note("Hoort bij #2."))
    bed.account.merge_notes = (
        'Dit verzoek is gesloten en samengevoegd met verzoek #{target} "{target_subject}".',
        'Verzoek #{source} "{source_subject}" is gesloten en samengevoegd met dit verzoek.',
    )
    bed.merge(gone, stays)

    assert ticket_of(bed.helpdesk(), gone).merged_into == stays


def test_a_ticket_that_only_bears_the_tag_went_nowhere(bed: ZendeskBed) -> None:
    ticket_id = bed.file_ticket("Menu broken", "See #1002.", tags=("closed_by_merge",))
    bed.close(ticket_id)

    ticket = ticket_of(bed.helpdesk(), ticket_id)

    assert (ticket.status, ticket.merged_into) == (TicketStatus.CLOSED, None)


# ---- limits ----------------------------------------------------------------------------------------


def test_the_exports_own_limit_is_never_run_into() -> None:
    with ZendeskBed.open(page_size=1, exports_a_minute=10) as bed:
        tickets(bed, 25)
        bed.settle()

        drain(bed, bed.helpdesk())

        assert bed.calls()[EXPORT] == 25
        assert {one.status for one in bed.server.requests} == {200}


def test_requests_are_left_for_others() -> None:
    with ZendeskBed.open(requests_a_minute=40) as bed:
        helpdesk = bed.helpdesk(reserved_requests=20)
        begun = bed.now()
        for _ in range(50):
            named(helpdesk, "1")

        assert {one.status for one in bed.server.requests} == {200}
        assert bed.now() - begun >= timedelta(minutes=2)


def test_a_restart_does_not_forget_the_limit() -> None:
    with ZendeskBed.open(page_size=1, exports_a_minute=10) as bed:
        tickets(bed, 6)
        bed.settle()
        for _ in range(4):
            drain(bed, bed.helpdesk())

        assert {one.status for one in bed.server.requests} == {200}


def test_a_limit_that_others_used_up_is_waited_for() -> None:
    with ZendeskBed.open(exports_a_minute=10) as bed:
        bed.file_ticket("Menu broken")
        bed.settle()
        while bed.server.api.limits.exports.take():
            pass

        assert drain(bed, bed.helpdesk()).tickets
        assert [one.status for one in bed.server.requests if "incremental" in one.path] == [429, 200]


# ---- jobs ------------------------------------------------------------------------------------------


def test_a_job_that_takes_its_time_is_followed_to_its_end(bed: ZendeskBed) -> None:
    bed.server.api.jobs.seconds = 120
    begun = bed.now()

    results = apply(bed.helpdesk(), change(bed.file_ticket("Menu broken")))

    assert outcomes(results) == ["applied"]
    assert bed.now() - begun >= timedelta(seconds=120)


def test_a_job_that_never_ends_is_given_up_as_uncertain(bed: ZendeskBed) -> None:
    bed.server.api.jobs.seconds = 7200

    results = apply(bed.helpdesk(), change(bed.file_ticket("Menu broken")))

    assert outcomes(results) == ["uncertain"]
    assert bed.calls()[JOBS] < 200


def test_a_job_that_disappears_is_uncertain_and_its_marks_are_found(bed: ZendeskBed) -> None:
    first, second = tickets(bed, 2)
    bed.server.api.jobs.forgotten = 1
    helpdesk = bed.helpdesk()

    results = apply(helpdesk, change(first, 1), change(second, 2))

    bed.settle()
    assert outcomes(results) == ["uncertain", "uncertain"]
    assert helpdesk.applied_references(first, frozenset({"CS-00000001-0001"}))


def test_a_mark_is_not_called_absent_while_a_job_may_still_bring_it(bed: ZendeskBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    asked = frozenset({"CS-00000001-0001"})
    bed.server.api.jobs.seconds = 30
    bed.server.faults.add("lost_after", route="update_many", times=1)
    helpdesk = bed.helpdesk()
    assert outcomes(apply(helpdesk, change(ticket_id))) == ["uncertain"]

    for _ in range(2):
        with pytest.raises(Unavailable):
            helpdesk.applied_references(ticket_id, asked)
    bed.later(timedelta(seconds=31))

    assert helpdesk.applied_references(ticket_id, asked) == asked


def test_many_uncertain_writes_are_settled_with_one_question_after_jobs(bed: ZendeskBed) -> None:
    ids = tickets(bed, 5)
    helpdesk = bed.helpdesk()

    for ticket_id in ids:
        assert helpdesk.applied_references(ticket_id, frozenset({"CS-00000001-0001"})) == frozenset()

    assert bed.calls()["GET job_statuses"] == 1


def test_a_job_that_was_killed_is_uncertain_and_did_nothing(bed: ZendeskBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    bed.server.api.jobs.killed = 1
    helpdesk = bed.helpdesk()

    results = apply(helpdesk, change(ticket_id))

    assert outcomes(results) == ["uncertain"]
    assert not helpdesk.applied_references(ticket_id, frozenset({"CS-00000001-0001"}))
    assert outcomes(apply(helpdesk, change(ticket_id))) == ["applied"]
    assert says(bed.seen(ticket_id), note("Binnen de SLA.")) == 1


def test_a_job_that_stopped_half_way_tells_which_half(bed: ZendeskBed) -> None:
    first, second = tickets(bed, 2)
    bed.server.api.jobs.halved = 1
    helpdesk = bed.helpdesk()

    results = apply(helpdesk, change(first, 1), change(second, 2))

    assert outcomes(results) == ["applied", "uncertain"]
    assert not helpdesk.applied_references(second, frozenset({"CS-00000002-0001"}))


def test_results_are_known_by_their_place_where_they_name_no_ticket(bed: ZendeskBed) -> None:
    first, second = tickets(bed, 2)
    honest = bed.server.api.answer

    def answer(request: Request) -> Answer:
        told = honest(request)
        for job in told.data.get("job_statuses") or ():
            for index, result in enumerate(job["results"] or ()):
                result["index"] = index
                del result["id"]
        return told

    bed.server.answer = answer  # type: ignore[method-assign]
    bed.close(second)

    assert outcomes(apply(bed.helpdesk(), change(first, 1), change(second, 2))) == ["applied", "refused_closed"]


def test_too_many_jobs_are_waited_for(bed: ZendeskBed) -> None:
    ids = tickets(bed, 31)
    bed.server.api.jobs.seconds = 30
    for ticket_id in ids[:30]:
        bed.server.api.writes.update_many(
            bed.account.records.users[bed.anna], {}, {"tickets": [{"id": int(ticket_id), "priority": "low"}]}
        )

    results = apply(bed.helpdesk(), change(ids[30]))

    assert outcomes(results) == ["applied"]
    assert 429 in {one.status for one in bed.server.requests}


def test_a_batch_over_the_limit_is_never_sent() -> None:
    with pytest.raises(ValidationError, match="changes_a_call"):
        ZendeskSettings(subdomain="care", email="a@example.com", api_token="t", changes_a_call=101)


def test_a_batch_that_is_refused_as_a_whole_is_halved_until_one_stands_alone(bed: ZendeskBed) -> None:
    ids = tickets(bed, 8)
    honest = bed.server.api.answer

    def answer(request: Request) -> Answer:
        if request.method == "PUT" and f'"id": {ids[5]}'.encode() in request.body:
            return Answer(400, {"error": "BadRequest", "description": "Invalid parameters"})
        return honest(request)

    bed.server.answer = answer  # type: ignore[method-assign]

    results = apply(bed.helpdesk(changes_a_call=100), *(change(one, number) for number, one in enumerate(ids)))

    assert outcomes(results) == ["applied"] * 5 + ["refused"] + ["applied"] * 2
    assert all(says(bed.seen(one), note("Binnen de SLA.")) == (one != ids[5]) for one in ids)


def test_after_a_lost_answer_nothing_more_is_sent(bed: ZendeskBed) -> None:
    ids = tickets(bed, 9)
    bed.server.faults.add("lost_after", route="update_many", times=1)

    results = apply(bed.helpdesk(), *(change(one, number) for number, one in enumerate(ids)))

    assert outcomes(results) == ["uncertain"] * 3 + ["failed"] * 6
    assert bed.calls()[UPDATE] == 1


def test_what_was_queued_before_a_lost_answer_is_followed(bed: ZendeskBed) -> None:
    ids = tickets(bed, 9)
    honest, seen = bed.server.api.answer, []

    def answer(request: Request) -> Answer:
        seen.append(request.path)
        if sum("update_many" in one for one in seen) == 2:
            bed.server.faults.add("lost_after", route="update_many", times=1)
            seen.append("update_many")
        return honest(request)

    bed.server.answer = answer  # type: ignore[method-assign]

    results = apply(bed.helpdesk(), *(change(one, number) for number, one in enumerate(ids)))

    assert outcomes(results)[:3] == ["applied"] * 3
    assert bed.calls()[UPDATE] == 3


def test_a_token_withdrawn_between_two_batches_loses_no_result(bed: ZendeskBed) -> None:
    ids = tickets(bed, 6)
    honest = bed.server.api.answer

    def answer(request: Request) -> Answer:
        told = honest(request)
        if "update_many" in request.path:
            bed.account.records.api_tokens.clear()
        return told

    bed.server.answer = answer  # type: ignore[method-assign]

    results = apply(bed.helpdesk(), *(change(one, number) for number, one in enumerate(ids)))

    assert outcomes(results) == ["uncertain"] * 3 + ["failed"] * 3
    with pytest.raises(WrongCredentials):
        list(bed.helpdesk().apply([change(ids[0])]))


def test_a_conflict_may_pass_and_anything_else_may_not(bed: ZendeskBed) -> None:
    first, second = tickets(bed, 2)
    honest = bed.server.api.answer

    def answer(request: Request) -> Answer:
        told = honest(request)
        for job in told.data.get("job_statuses") or ():
            for result, error in zip(job["results"] or (), ("Conflict", "Recipient closed_reason odd"), strict=False):
                result |= {"success": False, "error": error}
        return told

    bed.server.answer = answer  # type: ignore[method-assign]

    assert outcomes(apply(bed.helpdesk(), change(first, 1), change(second, 2))) == ["failed", "refused"]


def test_single_tags_stand_also_where_a_batch_does_not_heed_them(bed: ZendeskBed) -> None:
    first, second = bed.file_ticket("First", tags=("vip", "sla_undetermined")), bed.file_ticket("Second")
    bed.server.api.writes.changes_tags_in_batches = False
    tags = {"add_tags": frozenset({"sla_included"}), "remove_tags": frozenset({"sla_undetermined"})}

    results = apply(bed.helpdesk(), change(first, 1, **tags), change(second, 2))

    assert outcomes(results) == ["applied", "applied"]
    assert bed.seen(first).tags == {"vip", "sla_included"}
    assert bed.calls()[f"PUT tickets/{first}/tags"] == 1
    assert f"PUT tickets/{second}/tags" not in bed.calls()


def test_tags_that_cannot_be_put_right_are_told_and_come_with_the_next_pass(bed: ZendeskBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    bed.server.api.writes.changes_tags_in_batches = False
    bed.server.faults.add("down", route="/tags")
    wanted = change(ticket_id, add_tags=frozenset({"sla_included"}))

    (result,) = apply(bed.helpdesk(), wanted)

    assert result.outcome.value == "applied"
    assert "tags" in result.message
    assert bed.seen(ticket_id).tags == frozenset()


def test_a_thousand_changes_take_ten_batches_and_hardly_more() -> None:
    with ZendeskBed.open() as bed:
        ids = tickets(bed, 1000)
        helpdesk = bed.helpdesk(changes_a_call=100)

        results = apply(helpdesk, *(change(one, number) for number, one in enumerate(ids)))

        assert set(outcomes(results)) == {"applied"}
        assert bed.calls() == {"GET ticket_fields": 1, UPDATE: 10, JOBS: 1}


def test_our_mark_is_in_the_audit_and_at_the_end_of_the_text(bed: ZendeskBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")

    apply(bed.helpdesk(), change(ticket_id))

    audit = bed.account.records.audits[int(ticket_id)][-1]
    assert audit.custom == {"care_sync": {"reference": "CS-00000001-0001"}}
    (said,) = [event["body"] for event in audit.events if event["type"] == "Comment"]
    assert said.splitlines()[-1] == "CS-00000001-0001"


@pytest.mark.parametrize("lost", ["metadata", "text"])
def test_either_mark_is_enough_to_find_a_write_again(bed: ZendeskBed, lost: str) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    apply(bed.helpdesk(), change(ticket_id))
    audit = bed.account.records.audits[int(ticket_id)][-1]
    if lost == "metadata":
        audit.custom.clear()
    else:
        for event in audit.events:
            event["body"] = "cut off"

    asked = frozenset({"CS-00000001-0001", "CS-00000001-0002"})
    assert bed.helpdesk().applied_references(ticket_id, asked) == {"CS-00000001-0001"}


def test_a_mark_that_a_customer_quotes_is_not_ours(bed: ZendeskBed) -> None:
    ticket_id = bed.file_ticket("Menu broken", "You wrote:\n\nCS-00000001-0001")

    assert bed.helpdesk().applied_references(ticket_id, frozenset({"CS-00000001-0001"})) == frozenset()


def test_marks_are_found_behind_many_updates_of_others(bed: ZendeskBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    helpdesk = bed.helpdesk()
    for number in range(120):
        bed.edit(ticket_id, subject=f"Menu {number}")
    apply(helpdesk, change(ticket_id))

    assert helpdesk.applied_references(ticket_id, frozenset({"CS-00000001-0001"})) == {"CS-00000001-0001"}


# ---- fields ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["title", "capitals", "number", "number as text"])
def test_a_field_is_found_by_its_title_or_its_number(bed: ZendeskBed, by: str) -> None:
    number = bed.field_ids["cause"]
    wanted = {"title": "Oorzaak", "capitals": "OORZAAK", "number": number, "number as text": str(number)}[by]
    ticket_id = bed.file_ticket("Menu broken", cause="care")

    assert ticket_of(bed.helpdesk(fields={"cause": wanted}), ticket_id).fields == {"cause": "care"}


def test_a_renamed_field_is_still_ours_until_the_next_start(bed: ZendeskBed) -> None:
    ticket_id = bed.file_ticket("Menu broken", cause="care")
    helpdesk = bed.helpdesk()
    ticket_of(helpdesk, ticket_id)
    bed.account.records.ticket_fields[bed.field_ids["cause"]].title = "Schuld"

    assert ticket_of(helpdesk, ticket_id).fields["cause"] == "care"
    assert [one.subject for one in bed.helpdesk().check() if not one.passed] == ["ticket field cause"]


def test_a_field_that_is_made_later_is_found_without_a_restart(bed: ZendeskBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    helpdesk = bed.helpdesk(fields={"service": "Dienst"})
    bed.settle()
    assert drain(bed, helpdesk).tickets[ticket_id].fields == {}

    field_id = bed.account.add_ticket_field("Dienst")
    bed.account.update(int(ticket_id), bed.anna, {"custom_fields": [{"id": field_id, "value": "webshop"}]})
    bed.settle()

    assert drain(bed, helpdesk).tickets[ticket_id].fields == {"service": "webshop"}


def test_an_option_that_was_removed_comes_through_as_it_stands(bed: ZendeskBed) -> None:
    ticket_id = bed.file_ticket("Menu broken", cause="third_party")
    del bed.account.records.ticket_fields[bed.field_ids["cause"]].options["third_party"]

    assert ticket_of(bed.helpdesk(), ticket_id).fields["cause"] == "third_party"


def test_dates_decimals_and_several_choices_are_read_and_written(bed: ZendeskBed) -> None:
    ids = {
        "delivered_on": bed.account.add_ticket_field("Opgeleverd", "date"),
        "rate": bed.account.add_ticket_field("Tarief", "decimal"),
        "services": bed.account.add_ticket_field("Diensten", "multiselect", options={"web": "Web", "shop": "Shop"}),
    }
    ticket_id = bed.file_ticket("Menu broken")
    helpdesk = bed.helpdesk(fields=ids)
    values = {"delivered_on": date(2026, 10, 1), "rate": 87.5, "services": ("web", "shop")}

    assert outcomes(apply(helpdesk, change(ticket_id, fields=values))) == ["applied"]

    assert ticket_of(helpdesk, ticket_id).fields == values


def test_an_organizations_fields_are_found_by_key_or_title_and_its_language_by_our_name(bed: ZendeskBed) -> None:
    bed.account.add_organization_field("taal", "dropdown", title="Taal", options={"nl": "Nederlands"})
    bed.account.add_organization_field("since", "date")
    bed.add_organization("Initech", taal="nl", since="2025-03-01")

    read = organizations(bed.helpdesk(organization_fields={"locale": "Taal", "customer_since": "since"}))["Initech"]

    assert read.locale == "nl"
    assert read.fields == {"locale": "nl", "customer_since": date(2025, 3, 1)}


@pytest.mark.parametrize(
    ("channel", "expected"),
    [("email", Channel.EMAIL), ("voice", Channel.PHONE), ("api", Channel.API), ("sample_ticket", Channel.OTHER)],
)
def test_a_channel_is_read_in_the_shared_words(bed: ZendeskBed, channel: str, expected: Channel) -> None:
    bed.file_ticket("To begin")
    requester = next(one.id for one in bed.account.records.users.values() if one.role == "end-user")
    ticket_id = bed.account.file_ticket("Menu broken", "Please help.", requester, channel=channel)

    assert ticket_of(bed.helpdesk(), str(ticket_id)).channel is expected


# ---- who we are ------------------------------------------------------------------------------------


def test_an_oauth_token_opens_the_account_too(bed: ZendeskBed) -> None:
    bed.server.oauth.issue(bed.anna, "oauth-secret", scopes=frozenset({"read", "write"}))
    bed.file_ticket("Menu broken")
    bed.settle()

    helpdesk = bed.helpdesk(email=None, api_token=None, oauth_token="oauth-secret")

    assert drain(bed, helpdesk).tickets


def test_an_agent_who_is_no_administrator_is_told_so(bed: ZendeskBed) -> None:
    bed.take_permission_away()

    (failed,) = [one for one in bed.helpdesk().check() if not one.passed]
    assert failed.subject == "administrator"
    with pytest.raises(PermissionMissing):
        drain(bed, bed.helpdesk())


def test_without_a_webhook_secret_the_check_says_what_that_costs(bed: ZendeskBed) -> None:
    (failed,) = [one for one in bed.helpdesk(webhook_secret=None).check() if not one.passed]

    assert failed.subject == "webhook secret"
    assert "webhook_secret" in failed.remedy


def test_a_long_limit_is_told_and_not_slept_through(bed: ZendeskBed) -> None:
    bed.server.answers_instead = Answer(429, {"error": "APIRateLimitExceeded"}, {"Retry-After": "3600"})
    begun = bed.now()

    with pytest.raises(Limited) as raised:
        organizations(bed.helpdesk())

    assert raised.value.retry_after_seconds == 3600
    assert bed.now() == begun


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"email": "a@example.com"}, "email and api_token belong together"),
        ({"api_token": "t"}, "email and api_token belong together"),
        ({"api_token": "t", "email": "a@example.com", "oauth_token": "o"}, "not both"),
        ({"auth": {"client_id": "c", "client_secret": "s"}, "oauth_token": "o"}, "not both"),
        ({"auth": {"client_id": "c"}}, "client_secret"),
        ({"oauth_token": "o", "subdomain": "https://care.zendesk.com"}, "subdomain"),
        ({"oauth_token": "o", "fields": {"cause": ""}}, "cause"),
        ({"oauth_token": "o", "export_page_size": 1001}, "export_page_size"),
        ({"oauth_token": "o", "reserved_requests": -1}, "reserved_requests"),
        ({"oauth_token": "o", "colour": "red"}, "colour"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_by_name(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        ZendeskSettings.model_validate({"subdomain": "care", **settings})


def test_an_account_is_where_its_subdomain_says_or_where_it_is_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    least = {"email": "a@example.com", "api_token": TOKEN}

    assert ZendeskSettings(subdomain="care", **least).address == "https://care.zendesk.com"
    elsewhere = ZendeskSettings(subdomain="care", base_url="http://127.0.0.1:8080/", **least)
    assert elsewhere.address == "http://127.0.0.1:8080"
    assert TOKEN not in repr(elsewhere)


def test_changes_are_read_from_the_very_beginning(bed: ZendeskBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    bed.settle()

    assert ticket_id in drain(bed, bed.helpdesk(), since=bed.now() - 3000 * LONG_AGO).tickets


@pytest.mark.parametrize(
    ("channel", "read"),
    [
        ("sms", Channel.CHAT),
        ("line", Channel.CHAT),
        ("whatsapp", Channel.CHAT),
        ("messaging", Channel.CHAT),
        ("native_messaging", Channel.CHAT),
        ("voice", Channel.PHONE),
        ("web_form", Channel.WEB),
        ("email", Channel.EMAIL),
        ("api", Channel.API),
        ("carrier_pigeon", Channel.OTHER),
        (None, Channel.OTHER),
        (7, Channel.OTHER),
    ],
)
def test_a_channel_is_told_apart_by_the_table(bed: ZendeskBed, channel: object, read: Channel) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    bed.account.records.tickets[int(ticket_id)].channel = channel  # type: ignore[assignment]

    assert named(bed.helpdesk(), ticket_id)[ticket_id].channel is read
