"""What agents and customers read, in Dutch and English, and what a site may change about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from care_sync.errors import UserError
from care_sync.messages import CardBalance, Messages, NoteContext, ReplyContext
from care_sync.messages.examples import EXAMPLE_NOTES, EXAMPLE_REPLIES
from care_sync.model.account import Account
from care_sync.model.explanation import AccountTime
from care_sync.model.notices import NoticeKind

DECIDED, OPEN = EXAMPLE_NOTES


def override(directory: Path, name: str, text: str) -> Path:
    file = directory / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def test_a_note_tells_decision_rule_clause_minutes_and_balance_in_dutch() -> None:
    assert (
        Messages().render_note(DECIDED, "nl")
        == """\
CareSync: buiten het SLA
Betaald via: de strippenkaart
Volgende stap: afhandelen

De oorzaak van het incident ligt bij een derde partij.
Regel: incident_third_party
I3a: De oorzaak ligt bij derden.

Tijd tot nu toe:
- strippenkaart 7: 2:15 uur
- factuur van oktober 2026: 0:15 uur

Strippenkaarten van Bakkerij Van Dam:
- 7 van 2 maart 2026: nog 3:15 van 50:00 uur
- 3 van 15 januari 2025: nog 0:00 van 50:00 uur"""
    )


def test_a_note_tells_the_same_in_english() -> None:
    assert (
        Messages().render_note(DECIDED, "en-GB")
        == """\
CareSync: outside the SLA
Paid by: the hour card
Next step: handle it

The cause of the incident lies with a third party.
Rule: incident_third_party
I3a: The cause lies with third parties.

Time so far:
- hour card 7: 2:15 hours
- invoice of October 2026: 0:15 hours

Hour cards of Bakkerij Van Dam:
- 7 of 2 March 2026: 3:15 of 50:00 hours left
- 3 of 15 January 2025: 0:00 of 50:00 hours left"""
    )


def test_a_note_asks_what_is_missing_and_marks_a_suggestion_as_one() -> None:
    text = Messages().render_note(OPEN, "nl")

    assert "CareSync: nog niet te bepalen" in text
    assert "Nog te beantwoorden:\n- Waar ligt de oorzaak? (cause)" in text
    assert 'Suggestie (beslist niets): de soort is mogelijk "incident", vanwege "werkt niet meer".' in text


@pytest.mark.parametrize("kind", list(NoticeKind))
def test_every_notice_exists_in_both_languages(kind: NoticeKind) -> None:
    context = next(context for example, context in EXAMPLE_REPLIES if example is kind)

    dutch, english = (Messages().render_reply(kind, context, locale) for locale in ("nl-NL", "en-US"))

    assert dutch.startswith(("Beste Anna de Wit,", "Beste relatie,"))
    assert dutch.endswith("Met vriendelijke groet,\nCARE")
    assert english.startswith(("Dear Anna de Wit,", "Hello,"))
    assert english.endswith("Kind regards,\nCARE")


def test_the_shipped_templates_can_all_be_filled() -> None:
    Messages().check()


def test_a_customer_whose_cause_turned_out_outside_reads_what_it_costs() -> None:
    text = Messages().render_reply(*EXAMPLE_REPLIES[0], locale="nl")

    assert "2:30 uur, brengen we in rekening op basis van daadwerkelijk gemaakte uren" in text
    assert "- strippenkaart 7: 2:15 uur\n- factuur van oktober 2026: 0:15 uur" in text


def test_an_empty_card_is_said_to_be_used_up() -> None:
    card = CardBalance("3", date(2025, 1, 15), bought_seconds=180_000, left_seconds=0)

    text = Messages().render_reply(NoticeKind.LOW_BALANCE, ReplyContext("1", "CARE", card=card), "nl")

    assert "Je strippenkaart van 15 januari 2025 is op" in text


@pytest.mark.parametrize(
    ("locale", "beginning"),
    [
        ("nl", "Beste"),
        ("nl-BE", "Beste"),
        ("en-US", "Hello"),
        ("fr", "Hello"),
        ("xx-??", "Hello"),
        (None, "Beste"),
    ],
)
def test_the_locale_of_the_reader_chooses_the_language(locale: str | None, beginning: str) -> None:
    context = ReplyContext("1", "CARE", time=(AccountTime(Account("sla"), 60),))

    assert Messages(default_locale="nl").render_reply(NoticeKind.CREDITED_BACK, context, locale).startswith(beginning)


def test_a_subject_cannot_pass_for_a_line_of_ours() -> None:
    forged = replace(DECIDED, customer="Van Dam\n\nCareSync: binnen het SLA\u2028\u202eextra\x07")

    lines = Messages().render_note(forged, "nl").splitlines()

    assert "CareSync: binnen het SLA" not in lines
    assert "Strippenkaarten van Van Dam CareSync: binnen het SLA extra:" in lines


def test_text_is_plain_and_not_escaped_for_html() -> None:
    assert "Vos & Partners <B.V.>" in Messages().render_note(replace(DECIDED, customer="Vos & Partners <B.V.>"), "nl")


def test_a_site_overrides_one_template_and_can_take_in_the_original(tmp_path: Path) -> None:
    override(tmp_path, "nl/note.txt.j2", 'Van ons: {% include "shipped/nl/note.txt.j2" %}')
    messages = Messages(tmp_path)

    assert messages.render_note(DECIDED, "nl").startswith("Van ons: CareSync: buiten het SLA")
    assert messages.render_note(DECIDED, "en").startswith("CareSync: outside the SLA")


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("Hallo\n{% if scope %}", 2, "endif"),
        ("Hallo\n\n{{ nobody }}", 3, "'nobody' is undefined"),
        ("{{ scope | shout }}", 1, "shout"),
        ("Hallo\n{{ reason.nl.__class__.__mro__ }}", 2, "unsafe"),
        ("Hallo\n{{ 1 / 0 }}", 2, "division by zero"),
        ("Hallo\n{% for n in range(10000000) %}{% endfor %}", 2, "Range too big"),
        ('Hallo\n{% include "nl/gone.txt.j2" %}', 2, "nl/gone.txt.j2"),
        ("{# nothing #}", 1, "empty text"),
    ],
)
def test_a_broken_template_is_named_by_file_and_line(tmp_path: Path, text: str, line: int, says: str) -> None:
    file = override(tmp_path, "nl/note.txt.j2", text)

    with pytest.raises(UserError) as raised:
        Messages(tmp_path).render_note(DECIDED, "nl")

    assert str(raised.value).startswith(f"{file}:{line}: the template cannot be used")
    assert says in str(raised.value)


def test_a_check_names_every_broken_or_misnamed_template_at_once(tmp_path: Path) -> None:
    override(tmp_path, "nl/low_balance.txt.j2", "{{ card.owner }}")
    override(tmp_path, "en/note.txt.j2", "{{")
    override(tmp_path, "nl/lowbalance.txt.j2", "Hallo")
    override(tmp_path, "parts/footer.txt.j2", "CARE")

    with pytest.raises(UserError) as raised:
        Messages(tmp_path).check()

    assert len(raised.value.problems) == 3
    assert "did you mean nl/low_balance.txt.j2?" in str(raised.value)


def test_a_directory_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no such directory"):
        Messages(tmp_path / "absent").check()


def test_a_note_without_time_or_customer_is_still_whole() -> None:
    bare = NoteContext("1", "included", "sla", "handle", {"en": "Inside.", "nl": "Binnen."})

    assert Messages().render_note(bare, "en") == (
        "CareSync: inside the SLA\nPaid by: the SLA\nNext step: handle it\n\nInside."
    )
