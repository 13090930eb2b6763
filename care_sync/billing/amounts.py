"""Money from time: euro as ``Decimal``, whole seconds as they stand in the ledger.

The rule of rounding, which makes every line, sum and total agree:

1. The amount of a line is ``seconds x rate / 3600``, rounded once, half up, to the cent.
2. The net total is the sum of the lines' amounts; nothing is rounded again.
3. Value added tax is taken of the net total, rounded once, half up, to the cent (EN 16931, BR-CO-17).
4. The total is net and tax together.

Half up is away from zero, so that taking a line back gives exactly what it cost.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
_NOUGHT = Decimal("0.00")
"""Added to a result, it takes the sign off a negative nought."""
_MICRO = Decimal("0.000001")
_HOUR = 3600


def amount_of(seconds: int, rate: Decimal) -> Decimal:
    """What ``seconds`` cost at ``rate`` euro per hour, to the cent."""
    return (Decimal(seconds) * rate / _HOUR).quantize(CENT, ROUND_HALF_UP) + _NOUGHT


def tax_on(net: Decimal, percent: Decimal) -> Decimal:
    """The tax of ``percent`` on a net amount, to the cent."""
    return (net * percent / 100).quantize(CENT, ROUND_HALF_UP) + _NOUGHT


def hours_of(seconds: int) -> Decimal:
    """Hours as a quantity of an invoice: to a millionth, which is less than a cent at any rate below 10,000."""
    return plain((Decimal(seconds) / _HOUR).quantize(_MICRO, ROUND_HALF_UP))


def plain(number: Decimal) -> Decimal:
    """The same number without needless noughts and never with an exponent: ``1.50`` → ``1.5``, ``3E+1`` → ``30``."""
    bare = number.normalize()
    return bare.quantize(Decimal(1)) if bare == bare.to_integral_value() else bare
