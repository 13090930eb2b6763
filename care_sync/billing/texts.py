"""The words on an invoice line, in the customer's language.

Promise: texts are on one line and hold nothing that XML 1.0 cannot; what a ticket's subject says stays plain text.
"""

from __future__ import annotations

import unicodedata
from decimal import Decimal

from babel.numbers import format_currency

from care_sync.billing.invoice import Invoice, InvoiceLine
from care_sync.messages import Language
from care_sync.model.duration import clock

LONGEST_NAME = 200
"""Letters of a line's name; the rest of a longer subject is left out, and an ellipsis says so."""


def language_of(invoice: Invoice, company_locale: str) -> Language:
    """The language that the customer reads."""
    return Language.of(invoice.organization.locale, company_locale)


def name_of(line: InvoiceLine, language: Language) -> str:
    """``Ticket #1042: Contactformulier werkt niet``."""
    key = "correction" if line.corrects else "line"
    if not line.ticket_number:
        key = "correction_without_ticket" if line.corrects else "without_ticket"
    month = language.month(line.corrects) if line.corrects else ""
    text = language.word("invoice", key).format(number=line.ticket_number, subject=line.subject, month=month)
    return shortened(one_line(text), LONGEST_NAME) or "-"


def work_of(line: InvoiceLine, language: Language) -> str:
    """``1:30 uur à € 95,00 per uur, gewerkt op 5 oktober 2026``."""
    key = "worked_on" if line.first_day == line.last_day else "worked_between"
    return language.word("invoice", key).format(
        hours=clock(line.seconds),
        rate=euro(line.rate, language),
        first=language.date(line.first_day),
        last=language.date(line.last_day),
    )


def euro(amount: Decimal, language: Language) -> str:
    """``€ 1.234,50`` / ``€1,234.50``, as the reader's region writes it."""
    return format_currency(amount, "EUR", locale=language.locale).replace("\N{NO-BREAK SPACE}", " ")


_TURNING = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
"""Signs that turn the direction of the text around them: a subject must not rearrange the line that it stands on."""


def one_line(text: str) -> str:
    """The text without line breaks, control characters, and code points that are no characters."""
    kept = (
        " " if unicodedata.category(letter) in ("Cc", "Zl", "Zp") else letter for letter in text if _is_letter(letter)
    )
    return " ".join("".join(kept).split())


def shortened(text: str, most: int) -> str:
    """The text, cut off with an ellipsis where it is longer than ``most`` letters."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _is_letter(letter: str) -> bool:
    is_character = unicodedata.category(letter) != "Cs" and ord(letter) & 0xFFFE != 0xFFFE
    return is_character and unicodedata.bidirectional(letter) not in _TURNING
