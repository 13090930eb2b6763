"""What Zammad's connector promises beyond the suite: groups, states, merges, replies, choices, lost answers."""

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
from connectors.errors import Invalid, PermissionMissing, Unavailable
from connectors.records import Channel, TicketChange, TicketStatus
from connectors.sandbox.server import Answer, Request
from connectors.sandbox.zammad_records import AGENT_ROLE, CLOSED, STATES
from connectors.zammad.settings import ZammadSettings, ZammadTimeSettings
from tests.conformance.zammad_bed import ZammadBed

REFERENCE = "CS-00000000-0001"
OURS = frozenset({"sla_included"})


@pytest.fixture
def bed() -> Iterator[ZammadBed]:
    with ZammadBed.open() as bed:
        yield bed


# ---- tickets -----------------------------------------------------------------------------------------


def test_the_number_that_people_write_is_not_the_id(bed: ZammadBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")

    ticket = ticket_of(bed.helpdesk(), ticket_id)

    assert ticket.number == bed.site.records.tickets[int(ticket_id)].number
    assert ticket.number != ticket.id
    assert ticket.url is not None
    assert ticket.url.endswith(f"/#ticket/zoom/{ticket_id}")


def test_a_closed_ticket_is_solved_and_takes_our_note(bed: ZammadBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    bed.close(ticket_id)
    helpdesk = bed.helpdesk()

    results = apply(helpdesk, TicketChange(ticket_id, REFERENCE, add_tags=OURS, comment=note("Buiten de SLA.")))

    assert ticket_of(helpdesk, ticket_id).status is TicketStatus.SOLVED
    assert outcomes(results) == ["applied"]
    assert bed.site.records.tickets[int(ticket_id)].state_id == CLOSED


@pytest.mark.parametrize("state_id", sorted(STATES))
def test_what_counts_of_a_state_is_its_type(bed: ZammadBed, state_id: int) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    bed.site.update(int(ticket_id), bed.anna, {"state_id": state_id})
    words = {
        "new": "new",
        "open": "open",
        "pending reminder": "pending",
        "pending action": "pending",
        "closed": "solved",
        "merged": "closed",
        "removed": "deleted",
    }

    assert ticket_of(bed.helpdesk(), ticket_id).status.value == words[STATES[state_id][1]]


def test_a_state_that_was_made_since_is_learned(bed: ZammadBed, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    helpdesk = bed.helpdesk()
    ticket_of(helpdesk, ticket_id)
    monkeypatch.setitem(STATES, 9, ("wacht op klant", "pending reminder"))
    bed.site.update(int(ticket_id), bed.anna, {"state_id": 9})

    assert ticket_of(helpdesk, ticket_id).status is TicketStatus.PENDING


def test_the_channel_and_the_text_are_those_of_the_first_article(bed: ZammadBed) -> None:
    customer = bed.site.add_customer("Kees Klant")
    body = "<div>Het menu<br>is <b>stuk</b> &amp; weg</div><script>x()</script>"
    phoned = bed.site.file_ticket("Menu", body, customer, article_type="phone", content_type="text/html")
    bed.comment(str(phoned), note("Bekeken."))

    ticket = ticket_of(bed.helpdesk(), str(phoned))

    assert ticket.channel is Channel.PHONE
    assert ticket.description == "Het menu\nis stuk & weg"
    assert ticket.organization_id is None


def test_a_requester_comes_with_names_and_language(bed: ZammadBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    bed.settle()

    read = drain(bed, bed.helpdesk())

    person = read.people[read.tickets[ticket_id].requester_id or ""]
    assert (person.name, person.email, person.locale) == ("Eva Acme", "eva.acme@example.org", "nl-NL")


def test_a_ticket_brings_its_organization_as_it_is_now(bed: ZammadBed) -> None:
    bed.file_ticket("Menu broken")
    helpdesk = bed.helpdesk()
    organizations(helpdesk)
    bed.edit_organization("Acme", sla=True)
    bed.settle()

    (organization,) = drain(bed, helpdesk).organizations.values()

    assert (organization.name, organization.fields["sla"]) == ("Acme", True)


def test_a_ticket_that_is_deleted_while_it_is_read_stops_nothing(bed: ZammadBed) -> None:
    first, second = bed.file_ticket("First"), bed.file_ticket("Second")
    bed.settle()
    waiting = [first]

    def delete_one(request: Request) -> None:
        if request.path.endswith(f"/tickets/{first}") and waiting:
            bed.delete(waiting.pop())

    bed.server.api.before_answering = delete_one

    assert drain(bed, bed.helpdesk()).tickets.keys() == {second}


# ---- merges ------------------------------------------------------------------------------------------


def test_a_mark_moves_with_the_articles_of_a_merged_ticket(bed: ZammadBed) -> None:
    gone, stays = bed.file_ticket("Menu broken"), bed.file_ticket("Menu")
    helpdesk = bed.helpdesk()
    apply(helpdesk, TicketChange(gone, REFERENCE, comment=note("Binnen de SLA.")))
    bed.merge(gone, stays)

    assert helpdesk.applied_references(gone, frozenset({REFERENCE})) == {REFERENCE}


def test_a_merged_ticket_is_written_to_no_more(bed: ZammadBed) -> None:
    gone, stays = bed.file_ticket("Menu broken"), bed.file_ticket("Menu")
    bed.merge(gone, stays)

    results = apply(bed.helpdesk(), TicketChange(gone, REFERENCE, add_tags=OURS, comment=note("Binnen de SLA.")))

    assert outcomes(results) == ["refused_closed"]
    assert bed.seen(gone).tags == frozenset()


def test_merges_of_merges_lead_on(bed: ZammadBed) -> None:
    first, second, third = (bed.file_ticket(f"Menu {number}") for number in range(3))
    bed.merge(first, second)
    bed.merge(second, third)

    found = named(bed.helpdesk(), first, second, third)

    assert (found[first].merged_into, found[second].merged_into, found[third].merged_into) == (third, third, None)


# ---- groups ------------------------------------------------------------------------------------------


def test_a_group_that_the_token_does_not_see_is_named_and_not_passed_over(bed: ZammadBed) -> None:
    bed.site.give_access(bed.robot, {bed.groups[0]: ["full"]})
    helpdesk = bed.helpdesk()

    with pytest.raises(PermissionMissing) as raised:
        drain(bed, helpdesk)
    (failed,) = [one for one in helpdesk.check() if not one.passed]

    assert "Sales" in str(raised.value)
    assert "Sales" in failed.remedy
    assert "ignored_groups" in failed.remedy


def test_access_by_a_role_counts(bed: ZammadBed) -> None:
    support, sales = bed.groups
    bed.site.give_access(bed.robot, {support: ["read"]})
    bed.site.records.roles[AGENT_ROLE].access = {support: ["change", "overview"], sales: ["full"]}
    ticket_id = bed.file_ticket("Menu broken")
    bed.settle()

    assert drain(bed, bed.helpdesk()).tickets.keys() == {ticket_id}
    bed.site.records.roles[AGENT_ROLE].active = False
    with pytest.raises(PermissionMissing, match="Sales"):
        drain(bed, bed.helpdesk())


@pytest.mark.parametrize("rights", [["read"], ["change"], ["overview", "create"]])
def test_a_group_where_the_token_may_only_look_is_no_better(bed: ZammadBed, rights: list[str]) -> None:
    bed.site.give_access(bed.robot, {bed.groups[0]: ["full"], bed.groups[1]: rights})

    with pytest.raises(PermissionMissing, match="Sales"):
        drain(bed, bed.helpdesk())


def test_a_group_that_is_ignored_is_left_alone(bed: ZammadBed) -> None:
    support, sales = bed.groups
    seen = bed.file_ticket("Menu broken")
    customer = bed.site.records.tickets[int(seen)].customer_id
    hidden = str(bed.site.file_ticket("Quote", "Please.", customer, group_id=sales))
    bed.site.give_access(bed.robot, {support: ["full"]})
    bed.settle()
    helpdesk = bed.helpdesk(ignored_groups=["sales"])

    assert drain(bed, helpdesk).tickets.keys() == {seen}
    assert named(helpdesk, seen, hidden).keys() == {seen}
    changes = [TicketChange(one, f"CS-{one}-1", add_tags=OURS) for one in (hidden, seen)]
    assert outcomes(apply(helpdesk, *changes)) == ["failed", "applied"]


def test_without_permission_to_list_groups_a_token_that_sees_none_is_still_noticed(bed: ZammadBed) -> None:
    bed.site.records.users[bed.robot].permissions.discard("admin.group")
    bed.file_ticket("Menu broken")
    bed.settle()
    assert len(drain(bed, bed.helpdesk()).tickets) == 1

    bed.take_permission_away()

    with pytest.raises(PermissionMissing):
        drain(bed, bed.helpdesk())


# ---- writing -----------------------------------------------------------------------------------------


def test_a_reply_goes_to_the_customers_address_and_a_note_to_nobody(bed: ZammadBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    helpdesk = bed.helpdesk()

    apply(helpdesk, TicketChange(ticket_id, REFERENCE, comment=note("Intern.")))
    apply(helpdesk, TicketChange(ticket_id, "CS-00000000-0002", comment=reply("Buiten de SLA.")))

    assert bed.site.sent == [("eva.acme@example.org", "Buiten de SLA.\n\nCS-00000000-0002")]
    last = bed.site.records.articles_of(int(ticket_id))[-1]
    assert (last.type, last.subject, last.internal) == ("email", "Menu broken", False)


def test_who_has_no_address_reads_a_reply_in_the_portal(bed: ZammadBed) -> None:
    customer = bed.site.add_customer("Kees Klant", email="")
    ticket_id = str(bed.site.file_ticket("Menu", "Stuk", customer))

    results = apply(bed.helpdesk(), TicketChange(ticket_id, REFERENCE, comment=reply("Buiten de SLA.")))

    assert outcomes(results) == ["applied"]
    assert bed.site.sent == []
    assert says(bed.seen(ticket_id), reply("Buiten de SLA.")) == 1


def test_fields_and_comment_are_one_write(bed: ZammadBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")

    apply(
        bed.helpdesk(),
        TicketChange(ticket_id, REFERENCE, fields={"care_minutes": 75}, comment=note("Binnen de SLA.")),
    )

    assert bed.calls()[f"PUT tickets/{ticket_id}"] == 1


def test_what_stands_already_is_not_written(bed: ZammadBed) -> None:
    ticket_id = bed.file_ticket("Menu broken", tags=("sla_included",), care_minutes=75)

    apply(bed.helpdesk(), TicketChange(ticket_id, REFERENCE, add_tags=OURS, fields={"care_minutes": 75}))

    assert not any(call.startswith(("PUT", "POST", "DELETE")) for call in bed.calls())


@pytest.mark.parametrize("route", ["tags/add", "tags/remove", r"^PUT /api/v1/tickets/\d+$"])
def test_a_lost_answer_to_what_can_be_repeated_is_found_out(bed: ZammadBed, route: str) -> None:
    ticket_id = bed.file_ticket("Menu broken", tags=("vip", "sla_undetermined"))
    bed.server.faults.add("lost_after", route=route, times=1)
    change = TicketChange(
        ticket_id,
        REFERENCE,
        add_tags=OURS,
        remove_tags=frozenset({"sla_undetermined"}),
        fields={"care_minutes": 75},
    )

    results = apply(bed.helpdesk(), change)

    assert outcomes(results) == ["applied"]
    assert bed.seen(ticket_id).tags == {"vip", "sla_included"}
    assert bed.seen(ticket_id).fields["care_minutes"] == 75
    assert sum(count for call, count in bed.calls().items() if not call.startswith("GET")) == 3


def test_a_choice_that_a_field_does_not_have_is_refused_with_those_that_it_has(bed: ZammadBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")

    (result,) = apply(bed.helpdesk(), TicketChange(ticket_id, REFERENCE, fields={"cause": "moon_phase"}))

    assert result.outcome.value == "refused"
    assert "moon_phase" in result.message
    assert "third_party" in result.message


def test_what_the_product_refuses_is_told_in_its_words(bed: ZammadBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")

    (result,) = apply(bed.helpdesk(), TicketChange(ticket_id, REFERENCE, fields={"care_minutes": "many"}))

    assert result.outcome.value == "refused"
    assert "is not a number" in result.message


def test_a_reference_that_a_customer_quotes_or_that_is_part_of_another_does_not_count(bed: ZammadBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    bed.site.customer_replies(int(ticket_id), f"Over {REFERENCE} gesproken")
    bed.comment(ticket_id, note(f"{REFERENCE}9"))

    assert bed.helpdesk().applied_references(ticket_id, frozenset({REFERENCE})) == frozenset()


def test_a_wrong_address_is_no_site_full_of_deleted_tickets(bed: ZammadBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    helpdesk = bed.helpdesk()
    apply(helpdesk, TicketChange(ticket_id, "CS-00000000-0009", fields={"care_scope": "undetermined"}))
    bed.server.answers_instead = Answer(404, {"error": "No route matches"})

    (result,) = apply(helpdesk, TicketChange(ticket_id, REFERENCE, comment=note("Binnen de SLA.")))

    assert result.outcome.value == "failed"
    with pytest.raises(Unavailable):
        named(helpdesk, ticket_id)
    with pytest.raises(Unavailable):
        helpdesk.applied_references(ticket_id, frozenset({REFERENCE}))


# ---- readings ----------------------------------------------------------------------------------------


def test_a_change_that_shows_late_is_told_by_a_later_reading(bed: ZammadBed) -> None:
    early = bed.file_ticket("Early")
    bed.later(timedelta(milliseconds=700))
    late = bed.file_ticket("Late")
    bed.server.api.not_yet_shown.add(int(early))
    first = drain(bed, bed.helpdesk())
    bed.server.api.not_yet_shown.clear()
    bed.later(timedelta(seconds=20))

    second = drain(bed, bed.helpdesk(), first.cursor)

    assert first.tickets.keys() == {late}
    assert early in second.tickets


@pytest.mark.parametrize("cursor", ["", "yesterday", "77", "2026-10-26"])
def test_a_cursor_that_is_none_of_ours_is_invalid(bed: ZammadBed, cursor: str) -> None:
    with pytest.raises(Invalid):
        drain(bed, bed.helpdesk(), cursor)


def test_a_list_that_knows_no_pages_ends(bed: ZammadBed) -> None:
    rows = [{"id": number, "name": f"Customer {number}"} for number in range(12)]
    helpdesk = bed.helpdesk(organization_fields={})
    bed.server.answers_instead = Answer(data=rows)

    assert len(organizations(helpdesk)) == 12


# ---- settings ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"base_url": "help"},
        {"api_token": ""},
        {"page_size": 201},
        {"webhook_secret": "fifteen letters"},
        {"domain": "x"},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ZammadSettings.model_validate({"base_url": "https://help.example.com", "api_token": "t", **wrong})


@pytest.mark.parametrize("unit", [None, 0, -1, "hours", 1441])
def test_the_unit_of_time_is_never_guessed(unit: object) -> None:
    given = {"base_url": "https://help.example.com", "api_token": "t"} | (
        {} if unit is None else {"unit_minutes": unit}
    )

    with pytest.raises(ValidationError):
        ZammadTimeSettings.model_validate(given)


def test_a_site_is_called_by_its_address_unless_it_has_a_name() -> None:
    given = {"base_url": "https://Help.example.com:443/desk/", "api_token": "t"}

    assert ZammadSettings.model_validate(given).account_name == "help.example.com/desk"
    assert ZammadSettings.model_validate({**given, "account": "care"}).account_name == "care"
