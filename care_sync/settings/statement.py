"""The section ``ledger.statement``: how monthly statements look."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict


class StatementSection(BaseModel):
    """``fonts`` is a directory with fonts for scripts that the built-in ones lack (emoji, Chinese …)."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    fonts: Path | None = None
