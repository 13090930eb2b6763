"""``care-sync rules``: facts in, decisions out, and mistakes told."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from care_sync.cli.main import run
from care_sync.store import Store
from connectors.records import Organization
from rules.loading import SHIPPED
from tests.rules.small import SMALL, changed, for_care_sync


class Told:
    """What a command printed, and how it ended."""

    def __init__(self, code: int, output: str, errors: str) -> None:
        self.code, self.output, self.errors = code, output, errors


@pytest.fixture
def rules(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Run a command far from any settings, with something on standard input."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str, given: bytes | str = b"") -> Told:
        data = given.encode() if isinstance(given, str) else given
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
        code = run(["rules", *arguments])
        printed = capsys.readouterr()
        return Told(code, printed.out, printed.err)

    return command


INCIDENT = '{"kind": "incident", "sla": true, "cause": "third_party", "expected_minutes": 30, "hour_card": false}'


def test_one_mapping_in_gives_one_object_out(rules: Any) -> None:
    told = rules("decide", "--facts", "-", "--json", given=INCIDENT)

    decision = json.loads(told.output)
    assert told.code == 0
    assert (decision["scope"], decision["route"], decision["next_step"]) == ("not_included", "invoice", "handle")
    assert list(decision) == ["scope", "route", "next_step", "questions", "rules", "clauses", "reason"]


@pytest.mark.parametrize(
    "text",
    [
        INCIDENT,
        "kind: incident\nsla: yes\ncause: third_party\nhour_card: no\n",
        "{kind: incident, sla: yes, cause: third_party, hour_card: no}",
    ],
)
def test_facts_may_be_json_or_yaml_in_a_file(rules: Any, tmp_path: Path, text: str) -> None:
    (tmp_path / "ticket.yaml").write_text(text)

    told = rules("decide", "--facts", "ticket.yaml", "--json")

    assert json.loads(told.output)["route"] == "invoice"


def test_without_json_a_person_reads_the_decision(rules: Any) -> None:
    told = rules("decide", "--facts", "-", given="{kind: incident, sla: yes, service: website, worked_before: yes}")

    assert "route      pending" in told.output
    assert "to ask     cause: Where does the cause lie" in told.output


def test_lines_in_give_lines_out_in_the_same_order(rules: Any) -> None:
    told = rules("decide", "--jsonl", given=f'{INCIDENT}\n{{"kind": "other", "expected_minutes": 5}}\n{{}}\n')

    assert [json.loads(line)["route"] for line in told.output.splitlines()] == ["invoice", "review", "pending"]


def test_a_bad_line_is_named_and_nothing_is_decided(rules: Any) -> None:
    told = rules(
        "decide", "--jsonl", given=f'{INCIDENT}\n{{"kind": "incidnt"}}\n[1]\n{{"kind":\n{{"sla": 1, "sla": 2}}\n'
    )

    assert (told.code, told.output) == (2, "")
    for wanted in (
        "standard input:2:1: kind: 'incidnt'",
        "standard input:3:1: a mapping",
        "standard input:4:9:",
        "standard input:5:1: this line cannot be used: 'sla' is written twice",
    ):
        assert wanted in told.errors


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("{kindd: incident}", "'kindd' is not a fact - did you mean 'kind'?"),
        ("kind: incident\nkind: change\n", "standard input:2:1: 'kind' is written twice"),
        ("[]", "a mapping is wanted here"),
        ("{sla: [yes]}", "sla: ['yes'] is not valid"),
        ("{kind: ", "standard input:"),
        ('{"expected_minutes": NaN}', "expected_minutes: 'NaN' is not valid"),
        ("{" * 100_000, "maximum nesting depth"),
        (b"\xff\xfe\x00", "is not UTF-8 text"),
        ("", "a mapping is wanted here"),
    ],
)
def test_facts_that_cannot_be_used_are_told_and_end_with_two(rules: Any, given: bytes | str, message: str) -> None:
    told = rules("decide", "--facts", "-", "--json", given=given)

    assert (told.code, told.output) == (2, "")
    assert message in told.errors
    assert "Traceback" not in told.errors


def test_rules_that_cannot_be_used_are_told_with_their_place(rules: Any, tmp_path: Path) -> None:
    (tmp_path / "my.yaml").write_text(for_care_sync(changed("then: included", "then: inclded")))

    told = rules("decide", "--facts", "-", "my.yaml", given="{}")

    assert told.code == 2
    assert "my.yaml:49:15: 'inclded' is not an outcome of scope" in told.errors
    assert "did you mean 'included'?" in told.errors


def test_other_rules_decide_when_they_are_given(rules: Any, tmp_path: Path) -> None:
    (tmp_path / "my.yaml").write_text(for_care_sync(SMALL))

    told = rules("decide", "--facts", "-", "my.yaml", "--json", given="{sla: yes, minutes: 46, kind: change}")

    assert json.loads(told.output)["route"] == "invoice"


def test_the_version_of_a_day_decides(rules: Any, tmp_path: Path) -> None:
    text = changed("value: 45 minutes", "value: [{is: 45 minutes}, {from: 2026-07-01, is: 60 minutes}]")
    (tmp_path / "my.yaml").write_text(for_care_sync(text))

    def scope(*arguments: str) -> str:
        given = "{sla: yes, minutes: 50, kind: change}"
        told = rules("decide", "--facts", "-", "my.yaml", "--json", *arguments, given=given)
        return str(json.loads(told.output)["scope"])

    assert [scope("--on", "2026-06-30"), scope("--on", "2026-07-01"), scope()] == [
        "not_included",
        "included",
        "included",
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ("decide",),
        ("decide", "--facts", "-", "--jsonl"),
        ("decide", "--facts", "no.yaml"),
        ("decide", "--facts", "-", "--on", "soon"),
        ("decide", "--facts", "-", "no.yaml"),
    ],
)
def test_wrong_usage_ends_with_two(rules: Any, arguments: tuple[str, ...]) -> None:
    told = rules(*arguments, given="{}")

    assert told.code == 2
    assert told.errors.startswith("Error: ")


def test_the_shipped_policy_is_proven(rules: Any) -> None:
    told = rules("check")

    assert told.code == 0
    assert "holds: 1" in told.output
    assert "situations" in told.output


def test_what_does_not_hold_is_told_with_its_place_and_example(rules: Any, tmp_path: Path) -> None:
    (tmp_path / "my.yaml").write_text(
        for_care_sync(changed("when: {sla: no}", "when: {sla: no, minutes: at least 1 hour}"))
    )

    told = rules("check", "my.yaml")
    as_json = rules("check", "my.yaml", "--json")

    assert told.code == 1
    assert "my.yaml:39:3: gap: scope is not decided where sla is no and minutes is less than 1 hour" in told.output
    assert as_json.code == 1
    violation = json.loads(as_json.output)["violations"][0]
    assert (violation["kind"], violation["line"], violation["column"]) == ("gap", 39, 3)
    assert violation["example"] == {"sla": False, "minutes": 44}


def test_the_text_alone_is_reported(rules: Any) -> None:
    told = rules("check", "--text-only")
    as_json = json.loads(rules("check", "--text-only", "--json").output)

    assert (told.code, "To ask the owner:" in told.output) == (0, True)
    assert {one["decision"] for one in as_json["left_open"]} >= {"work", "scope"}
    assert any(one["about"] == "parameter short_question" for one in as_json["questions"])


def test_what_changed_in_meaning_is_told(rules: Any, tmp_path: Path) -> None:
    (tmp_path / "old.yaml").write_text(for_care_sync(SMALL))
    (tmp_path / "new.yaml").write_text(for_care_sync(changed("value: 45 minutes", "value: 60 minutes")))

    told = rules("diff", "old.yaml", "new.yaml")
    as_json = json.loads(rules("diff", "old.yaml", "new.yaml", "--json").output)

    assert told.code == 1
    assert "where sla is yes and minutes is more than 45 minutes and at most 1 hour" in told.output
    assert "route      invoice → sla" in told.output
    assert as_json["regions"][0]["example"] == {"sla": True, "minutes": 46}


def test_what_means_the_same_is_told_to(rules: Any) -> None:
    told = rules("diff", "shipped", "-", given=SHIPPED.read_text(encoding="utf-8") + "# a comment\n")

    assert (told.code, told.output) == (0, "✓ equal in meaning: every situation is decided the same way\n")


def test_a_copy_holds_passes_its_cases_and_means_the_same(rules: Any, tmp_path: Path) -> None:
    told = rules("copy", "ours/our.yaml")

    assert told.code == 0
    assert sorted(path.name for path in (tmp_path / "ours").iterdir()) == [
        "our.cases.yaml",
        "our.schema.json",
        "our.yaml",
    ]
    assert (
        (tmp_path / "ours/our.yaml").read_text("utf-8").startswith("# yaml-language-server: $schema=our.schema.json\n")
    )
    assert rules("test", "ours/our.yaml").code == 0
    assert rules("diff", "shipped", "ours/our.yaml").code == 0


def test_a_copy_overwrites_nothing(rules: Any, tmp_path: Path) -> None:
    (tmp_path / "our.cases.yaml").write_text("cases: []\n")

    told = rules("copy", "our.yaml")

    assert told.code == 2
    assert "our.cases.yaml" in told.errors
    assert not (tmp_path / "our.yaml").exists()
    assert (tmp_path / "our.cases.yaml").read_text() == "cases: []\n"


CHAT_ANSWERS = """\
charge
charge-assignment
decision
charge-chat-change
{kind: change, channel: chat, expected_minutes: at most short_question}
fair_use
K1, N2
Kleine wijzigingen via de chat zijn fair use. Juist?
Een kleine wijziging via de chat is vrij.
A small change by chat is free.
{kind: change, channel: chat, expected_minutes: 10, clear: yes, quote: none, estimate: none, acceptance: none, sla: yes, fair_use_left_minutes: 60}
a small change by chat is free
y
"""  # noqa: E501


def test_a_new_rule_is_written_with_its_case_from_answers(rules: Any, tmp_path: Path) -> None:
    rules("copy", "our.yaml")

    told = rules("new", "our.yaml", given=CHAT_ANSWERS)

    assert told.code == 0, told.output + told.errors
    assert "not_included · fair_use · do_now" in told.output
    assert "- id: charge-chat-change" in (tmp_path / "our.yaml").read_text("utf-8")
    assert rules("check", "our.yaml").code == 0
    assert rules("test", "our.yaml").code == 0
    assert "a small change by chat is free" in (tmp_path / "our.cases.yaml").read_text("utf-8")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("fair_use\nK1", "free\nK1", "'free' is not one of"),
        ("K1, N2", "K9", "'K9' is not a clause"),
        (
            "channel: chat, expected_minutes: at most",
            "chanel: chat, expected_minutes: at most",
            "did you mean 'channel'?",
        ),
        ("charge-chat-change", "charge-assignment", "rule charge-assignment is written twice"),
        ("channel: chat, expected_minutes: 10", "channel: email, expected_minutes: 10", "does not decide that ticket"),
        (
            "{kind: change, channel: chat, expected_minutes: 10",
            "{kind: chnge, expected_minutes: 10",
            "These facts cannot",
        ),
    ],
)
def test_answers_that_make_no_rule_write_nothing(rules: Any, tmp_path: Path, old: str, new: str, message: str) -> None:
    rules("copy", "our.yaml")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert old in CHAT_ANSWERS

    told = rules("new", "our.yaml", given=CHAT_ANSWERS.replace(old, new, 1))

    assert told.code == 2
    assert message in told.errors
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_the_rules_are_shown_as_python(rules: Any) -> None:
    told = rules("code")

    assert told.code == 0
    assert "def decide(known):" in told.output
    compile(told.output, "rules", "exec")


def test_an_agreement_of_a_customer_that_nobody_knows_is_told(
    care: Callable[..., Any], site: Path, site_store: Store
) -> None:
    """It would never apply, and nobody would notice."""
    with site_store.begin() as work:
        work.organizations.upsert([Organization(id="77", name="Bakkerij Jansen")], datetime(2026, 1, 1, tzinfo=UTC))
    agreements = "".join(
        f"  - {{organization: {one}, facts: {{covered_services: [mail]}}, because: x}}\n"
        for one in ('"77"', "Bakkerij Jansen", '"78"')
    )
    text = SHIPPED.read_text(encoding="utf-8").replace("agreements: []\n", f"agreements:\n{agreements}")
    (site / "my.yaml").write_text(text, encoding="utf-8")
    with (site / "config.yaml").open("a") as file:
        file.write("rules: {path: my.yaml}\n")

    answer = care("config", "check")

    assert answer.code == 1
    assert "not known by that id: Bakkerij Jansen (its id is 77), 78." in answer.output
