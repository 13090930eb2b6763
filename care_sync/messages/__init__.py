"""What CareSync writes to people: internal notes for agents, replies to customers, Dutch and English.

The pipeline fills a context (:class:`NoteContext`, :class:`ReplyContext`) with what was decided and counted;
:class:`Messages` turns it into plain text from templates that a site can override.
"""

from care_sync.messages.context import (
    AlertContext,
    CardBalance,
    Clause,
    EstimateContext,
    MemoContext,
    MemoKind,
    NoteContext,
    Question,
    Recalculated,
    RecalculationContext,
    ReplyContext,
    Suggestion,
    Words,
)
from care_sync.messages.formats import Language
from care_sync.messages.render import Messages
from care_sync.model.explanation import AccountTime
from care_sync.model.notices import NoticeKind

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
