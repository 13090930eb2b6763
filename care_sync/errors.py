"""The errors of CareSync, by who can do something about them.

``UserError``      a person gave something wrong: shown as it stands, never with a traceback
``StoreError``     the database was not there, was busy or was full: nothing was written, the next pass tries again
``IntegrityError`` an invariant broke: stop, nothing is written

What a product does wrong is a :class:`connectors.errors.ConnectorError`.
"""

from __future__ import annotations

from collections.abc import Sequence


class CareSyncError(Exception):
    """Anything that CareSync itself raises on purpose."""


class UserError(CareSyncError):
    """Something that the person who runs CareSync can mend.

    ``problems`` lists everything that is wrong at once, each saying what, where, and what to do. ``exit_code`` is what
    a command ends with: 2 for wrong usage or settings.
    """

    exit_code = 2

    def __init__(self, message: str, problems: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join((self.message, *(f"  - {problem}" for problem in self.problems)))


class StoreError(UserError):
    """The database did not do what was asked. Nothing of the unit of work was written; it may be done again."""

    exit_code = 1


class IntegrityError(CareSyncError):
    """An invariant of the ledger or the store would break. Nothing of the change was written."""
