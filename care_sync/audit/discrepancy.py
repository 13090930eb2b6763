"""What an audit finds: what differs, where, and the command that repairs it."""

from __future__ import annotations

from dataclasses import dataclass
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
