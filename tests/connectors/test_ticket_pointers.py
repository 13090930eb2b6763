"""What people write into a tracker's field for a ticket."""

from __future__ import annotations

import pytest

from connectors.records import TicketReference
from connectors.ticket_pointers import pointers_in_field


@pytest.mark.parametrize("value", ["1052", "#1052", " # 1052 ", "[#1052]", "[Ticket#1052]", "Ticket #1052"])
def test_a_number_is_the_one_that_people_see_however_the_helpdesk_shows_it(value: str) -> None:
    assert pointers_in_field("custom_field", [value]) == (TicketReference("custom_field", ticket_number="1052"),)


def test_an_address_is_an_address_and_an_empty_field_points_nowhere() -> None:
    address = "https://help.acme.nl/#ticket/zoom/52"
    assert pointers_in_field("meta_field", [address, " ", ""]) == (TicketReference("meta_field", url=address),)
    assert pointers_in_field("meta_field", ["twee woorden"]) == (
        TicketReference("meta_field", ticket_number="twee woorden"),
    )
