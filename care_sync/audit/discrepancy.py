"""What an audit finds: what differs, where, and the command that repairs it; and what it has compared at all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

RESTORE = "restore the database from a backup made before; nothing that CareSync does changes these rows"
"""What to do when rows were changed from outside: no command makes true what was falsified."""


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One thing that does not agree.

    ``where`` is the part that disagrees (``ledger``, ``entries``, ``invoices``, or a product's name); ``repair`` is a
    command, or what a person must do where no command can.
    """

    where: str
    subject: str
    message: str
    repair: str

    def as_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"where": self.where, "subject": self.subject, "message": self.message, "repair": self.repair}


@dataclass(slots=True)
class Compared:
    """What an audit has looked at, by where: so many of what. What does not stand here was not compared."""

    counts: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, where: str, what: str, count: int = 1) -> None:
        """So many more of ``what`` were compared; zero says that there were none."""
        self.counts[where, what] = self.counts.get((where, what), 0) + count

    def lines(self) -> list[str]:
        """One line for each place and kind."""
        return [f"{where}: {count} {what}" for (where, what), count in self.counts.items()]

    def as_json(self) -> list[dict[str, Any]]:
        """Plain values for JSON."""
        return [{"where": where, "what": what, "count": count} for (where, what), count in self.counts.items()]
