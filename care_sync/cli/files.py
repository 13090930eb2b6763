"""What commands that make documents share: reading a month, and writing files or standard output."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import typer

from care_sync.errors import UserError
from care_sync.model.month import Month
from care_sync.terminal import write


def month_of(text: str, parameter: str = "--period") -> Month:
    """The month as ``yyyy-mm``. Anything else is a wrong command line."""
    if not Month.is_valid(text):
        raise typer.BadParameter(
            f'"{text}" is not a month; write year and month, such as 2026-10', param_hint=parameter
        )
    return Month(text)


LONGEST_PART = 60
"""Letters of a part of a file's name; what tells files apart stands in a part of its own."""


def file_name(*parts: str) -> str:
    """A name for a file, of letters, digits and hyphens: ``Bakkerij Van Dam`` → ``bakkerij-van-dam``."""
    words = (re.sub(r"[^\w]+", "-", part.casefold())[:LONGEST_PART].strip("-") for part in parts)
    return "-".join(word for word in words if word)


def write_file(path: Path, content: bytes) -> None:
    """Write a file, with the folders that it lies in. Raises :class:`UserError` when it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror or error}", ["give another place"]) from error


def write_output(content: bytes) -> None:
    """Write a document to standard output: byte for byte into a pipe, as text that only shows on a terminal."""
    sys.stdout.flush()
    buffer = getattr(sys.stdout, "buffer", None)
    if buffer is None or sys.stdout.isatty():
        write(content.decode())
    else:
        buffer.write(content)
    sys.stdout.flush()
