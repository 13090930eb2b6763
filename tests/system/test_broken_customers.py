"""What goes wrong with one customer is told, nothing of it is half done, and the others go on."""

from __future__ import annotations

from pathlib import Path

import pytest

from care_sync.errors import IntegrityError
from care_sync.pipeline.run import PassKind
from tests.system.office import HOUR, INCIDENT, Office


def break_template(office: Office, folder: Path, customer: str) -> Path:
    """A site's own note that fails for one customer alone, which no check of templates can find."""
    (folder / "templates" / "nl").mkdir(parents=True)
    path = folder / "templates" / "nl" / "note.txt.j2"
    path.write_text(f"{{{{ scope | scope }}}}{{% if customer == '{customer}' %}}{{{{ 1 / 0 }}}}{{% endif %}}\n")
    office.restart(f"messages: {{templates: {folder / 'templates'}}}\n")
    return path


def test_a_template_that_fails_for_one_customer_stops_that_one_alone(office: Office, tmp_path: Path) -> None:
    office.add_customer("Globex")
    broken, fine = (office.file_ticket(**INCIDENT, cause="care", customer=name) for name in ("Globex", "Acme"))
    office.work(broken, 60, customer="Globex")
    office.work(fine, 30)
    path = break_template(office, tmp_path, "Globex")

    report = office.try_sync()

    (failure,) = report.failures
    assert failure.startswith(f"Globex: nothing could be decided or posted: {path}:1: the template cannot be used")
    assert "division by zero" in failure
    assert (office.balances("Acme"), office.balances("Globex")) == ({"sla": 30 * 60}, {})
    assert (len(office.ours(fine)), office.ours(broken)) == (3, set())
    with office.application.store.read() as work:
        assert [one.subject for one in work.attention.all("customer_not_settled")] == [
            str(office.organization("Globex"))
        ]

    path.unlink()
    office.sync(PassKind.POLL)
    assert office.balances("Globex") == {"sla": HOUR}
    assert len(office.ours(broken)) == 3
    with office.application.store.read() as work:
        assert work.attention.all() == []


def test_a_template_that_fails_without_a_customer_stops_nobody(office: Office, tmp_path: Path) -> None:
    fine, lost = office.file_ticket(**INCIDENT, cause="care"), office.file_ticket(**INCIDENT)
    office.account.update(int(lost), office.agent, {"organization_id": None})
    (tmp_path / "templates" / "nl").mkdir(parents=True)
    (tmp_path / "templates" / "nl" / "note.txt.j2").write_text(
        f"{{{{ scope | scope }}}}{{% if ticket_number == '{lost}' %}}{{{{ 1 / 0 }}}}{{% endif %}}\n"
    )
    office.restart(f"messages: {{templates: {tmp_path / 'templates'}}}\n")
    report = office.try_sync()
    assert [one.split(":")[0] for one in report.failures] == ["Tickets without a customer"]
    assert len(office.ours(fine)) == 3


def test_a_broken_invariant_stops_everything(office: Office) -> None:
    office.add_customer("Globex")
    tickets = [office.file_ticket(**INCIDENT, cause="care", customer=name) for name in ("Globex", "Acme")]
    office.work(tickets[0], 60, customer="Globex")
    office.sync()
    with office.application.store.engine.begin() as connection:  # somebody wrote past the chain's end
        columns = "kind, organization_id, rules, clauses, period, work_date, booked_at, actor, reason, hash"
        connection.exec_driver_sql(
            f"INSERT INTO transactions (transaction_id, previous_hash, {columns}) "
            f"SELECT max(transaction_id) + 1, '', {columns} FROM transactions GROUP BY {columns}"
        )
    office.work(tickets[1], 60)
    before = [office.balances("Acme"), office.balances("Globex")]
    with pytest.raises(IntegrityError):
        office.try_sync()
    assert [office.balances("Acme"), office.balances("Globex")] == before
    with office.application.store.read() as work:
        assert work.passes.recent(1)[0].error.startswith("the database refused the change")
