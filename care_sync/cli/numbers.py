"""Numbers as people write them on the command line, with a point or a Dutch comma."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

import typer


def decimal_of(text: str, option: str) -> Decimal:
    """The number that stands in an option: ``62.5`` or ``62,5``. Raises :class:`typer.BadParameter`."""
    try:
        number = Decimal(text.replace(",", "."))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise typer.BadParameter(f'"{text}" is not a number; write 50 or 62.5', param_hint=option)
    return number
