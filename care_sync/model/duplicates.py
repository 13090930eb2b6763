"""Work that stands in two time trackers counts once. Pure: of the entries of a ticket on a day, which are copies.

People bring time from one tool into another: an export, an integration, the helpdesk's own timer beside the tracker.
Such a copy has another key, and would be counted beside its original.

Terms
    copy       an entry of another tracker (or another account) with the same worker, ticket, day and length as its
               original, and at least one thing more that is no coincidence: see :func:`_evidence`
    original   the one of the two that counts: the one that a closed month settled, then the one that is kept finer, and
               of two alike the one whose key comes first, so that the outcome depends on what is there and not on the
               order in which it came

Promise: entries of one account are never copies of each other, however alike; an original has at most one copy in
each account; two entries whose clock times are known and differ are two pieces of work.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from connectors.records import TimeEntry

CLOCKS_AGREE_SECONDS = 60
SHORTEST_TELLING_TEXT = 10
"""Characters that a text must have to tell anything when it is only part of the other one."""
_PARTICLES = frozenset(
    ["da", "de", "den", "der", "di", "du", "el", "het", "la", "le", "te", "ten", "ter", "van", "von"]
)
_WORD = re.compile(r"[^\W_]{2,}")


@dataclass(frozen=True, slots=True)
class Copy:
    """Of which entry (its key) something is a copy, and what shows it."""

    original: str
    evidence: str


def copies(entries: Iterable[TimeEntry], settled: Collection[str] = ()) -> dict[str, Copy]:
    """Say which of these entries, all of one ticket and day and all counting, are copies: by key.

    ``settled`` are keys of those that a closed month settled. They were paid for and stay so: were one of them the
    copy, its original would be paid for once more.
    """
    found: dict[str, Copy] = {}
    originals: list[TimeEntry] = []
    taken: set[tuple[str, str, str]] = set()
    for entry in sorted(entries, key=lambda entry: (entry.key not in settled, entry.grain_seconds, entry.key)):
        matches = sorted(
            (abs(original.seconds - entry.seconds), original.key, evidence)
            for original in originals
            if (original.key, entry.tracker, entry.account) not in taken and (evidence := _is_copy(entry, original))
        )
        if matches:
            _, original, evidence = matches[0]
            found[entry.key] = Copy(original, evidence)
            taken.add((original, entry.tracker, entry.account))
        else:
            originals.append(entry)
    return found


def _is_copy(entry: TimeEntry, original: TimeEntry) -> str:
    """What shows that ``entry`` is a copy of ``original``; empty when it is none."""
    if (entry.tracker, entry.account) == (original.tracker, original.account):
        return ""
    tolerance = max(entry.grain_seconds, original.grain_seconds)
    is_as_long = entry.seconds > 0 and abs(entry.seconds - original.seconds) < tolerance
    if not is_as_long or not _may_be_one_person(entry.person_name, original.person_name):
        return ""
    return " and ".join(_evidence(entry, original))


def _evidence(entry: TimeEntry, original: TimeEntry) -> Iterator[str]:
    """Begun at the same time; the same text; or as long to the second, of a length that nobody would write down."""
    if entry.started_at is not None and original.started_at is not None:
        if abs((entry.started_at - original.started_at).total_seconds()) >= CLOCKS_AGREE_SECONDS:
            return
        yield "start"
    if _are_one_text(entry.description, original.description):
        yield "text"
    if entry.seconds == original.seconds and entry.seconds % 60 != 0:
        yield "length to the second"


def _may_be_one_person(one: str | None, other: str | None) -> bool:
    """Whether two names can be one person's: each word of the shorter is in the longer. An unknown name can be any."""
    words, others = _name_words(one), _name_words(other)
    return not words or not others or words <= others or others <= words


def _name_words(name: str | None) -> frozenset[str]:
    """``A. van Dam`` and ``dam@care.example`` both hold ``dam``."""
    return frozenset(_WORD.findall((name or "").casefold().split("@")[0])) - _PARTICLES


def _are_one_text(one: str, other: str) -> bool:
    shorter, longer = sorted((" ".join(text.casefold().split()) for text in (one, other)), key=len)
    return bool(shorter) and (shorter == longer or (len(shorter) >= SHORTEST_TELLING_TEXT and shorter in longer))
