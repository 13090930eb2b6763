"""The fields of the agency's Zendesk, as an administrator makes them there.

A dropdown's options are tags, and tags are unique in an account: the options of *Oorzaak* are ``cause_care``,
``cause_third_party`` … A box that is not ticked says no; so a fact that may be unknown is a dropdown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class Field:
    """A ticket field: its title, its type in Zendesk, and its options: the rules' word → what agents read."""

    title: str
    type: str
    options: Mapping[str, str] = field(default_factory=dict)

    def tags(self, name: str) -> dict[str, str]:
        """The options as Zendesk has them, tag → label."""
        return {f"{name}_{word}": label for word, label in self.options.items()}

    def value(self, name: str, value: Any) -> Any:
        """What the API takes for one of the rules' words."""
        if self.options:
            return f"{name}_{value}"
        return value.isoformat() if isinstance(value, date) else value


YES_OR_NO = {"yes": "Ja", "no": "Nee"}

FACTS: Mapping[str, Field] = {
    "kind": Field(
        "Soort",
        "tagger",
        {
            "incident": "Verstoring",
            "short_question": "Korte vraag",
            "admin_question": "Administratieve vraag",
            "change": "Wijziging",
            "new_build": "Iets nieuws",
            "consultancy": "Consultancy",
            "training": "Training",
            "quote_request": "Offerteaanvraag",
            "other": "Anders",
        },
    ),
    "service": Field("Dienst", "tagger", {"website": "Website", "mail": "E-mail", "hosting": "Hosting"}),
    "worked_before": Field("Werkte eerder", "tagger", YES_OR_NO),
    "cause": Field(
        "Oorzaak",
        "tagger",
        {
            "care": "CARE",
            "third_party": "Derde partij",
            "customer": "Klant",
            "general_development": "Algemene ontwikkeling",
            "hourly_assignment": "Opdracht op uurbasis",
            "quoted_assignment": "Offerte-opdracht",
        },
    ),
    "fix_adopted": Field("Oplossing in algemene code", "checkbox"),
    "delivered_on": Field("Opgeleverd op", "date"),
    "expected_minutes": Field("Verwachte minuten", "integer"),
    "clear": Field("Opdracht duidelijk", "tagger", YES_OR_NO),
    "quote": Field(
        "Offerte",
        "tagger",
        {
            "none": "Geen",
            "requested": "Gevraagd",
            "estimated": "Grove schatting",
            "interested": "Serieuze interesse",
            "sent": "Verstuurd",
            "accepted": "Akkoord",
            "declined": "Afgewezen",
        },
    ),
    "quote_basis": Field("Offertebasis", "tagger", {"fixed": "Vaste prijs", "time_and_materials": "Nacalculatie"}),
    "acceptance": Field(
        "Acceptatie",
        "tagger",
        {
            "none": "Nog niet",
            "on_acceptance": "Op acceptatie",
            "approved": "Goedgekeurd",
            "delivered": "Opgeleverd",
        },
    ),
    "estimate": Field("Schatting", "tagger", {"none": "Geen", "given": "Gegeven", "agreed": "Akkoord"}),
}
"""What agents fill in, by the rules' name."""

REVIEW: Mapping[str, Field] = {
    "care_review": Field("CARE beoordeling", "text"),
    "care_review_reason": Field("CARE beoordeling, reden", "text"),
}
"""Where an agent decides on reviewed time: minutes to charge, and why."""

OURS: Mapping[str, Field] = {
    "care_scope": Field("CARE scope", "text"),
    "care_route": Field("CARE betaling", "text"),
    "care_next_step": Field("CARE volgende stap", "text"),
    "care_minutes": Field("CARE minuten", "integer"),
    "care_card_minutes": Field("CARE strippenkaartminuten", "integer"),
    "care_questions": Field("CARE vragen", "text"),
}
"""What CareSync fills in."""

FIELDS: Mapping[str, Field] = {**FACTS, **REVIEW, **OURS}

SLA_LEVELS = {"sla_none": "Geen SLA", "sla_basis": "Basis", "sla_plus": "Plus"}
"""The options of the organization field ``sla``."""
