"""What CareSync writes to people: internal notes for agents, replies to customers, Dutch and English.

The pipeline fills a context (:class:`NoteContext`, :class:`ReplyContext`) with what was decided and counted;
:class:`Messages` turns it into plain text from templates that a site can override.
"""

from care_sync.messages.context import (
    AccountTime,
    AlertContext,
    CardBalance,
    Clause,
    EstimateContext,
    MemoContext,
    MemoKind,
    NoteContext,
    NoticeKind,
    Question,
    Recalculated,
    RecalculationContext,
    ReplyContext,
    Suggestion,
    Words,
)
from care_sync.messages.formats import Language
from care_sync.messages.render import Messages

__all__ = [
    "AccountTime",
    "AlertContext",
    "CardBalance",
    "Clause",
    "EstimateContext",
    "Language",
    "MemoContext",
    "MemoKind",
    "Messages",
    "NoteContext",
    "NoticeKind",
    "Question",
    "Recalculated",
    "RecalculationContext",
    "ReplyContext",
    "Suggestion",
    "Words",
]
