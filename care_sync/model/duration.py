"""Hours as people write them, ``3:15``, from whole seconds: the only form in which hours leave the program as text."""

from __future__ import annotations


def clock(seconds: int, *, with_seconds: bool | None = None) -> str:
    """``5400`` → ``1:30``, and ``5430`` → ``1:30:30``: to the second wherever a minute would not be the whole truth."""
    sign, rest = ("-" if seconds < 0 else ""), abs(seconds)
    shows_seconds = rest % 60 != 0 if with_seconds is None else with_seconds
    tail = f":{rest % 60:02}" if shows_seconds else ""
    return f"{sign}{rest // 3600}:{rest // 60 % 60:02}{tail}"


def rounded_clock(seconds: int) -> str:
    """``11690`` → ``3:15``: to the nearest minute, half a minute up."""
    minutes = (abs(seconds) + 30) // 60
    return clock(minutes * 60 if seconds > 0 else -minutes * 60, with_seconds=False)
