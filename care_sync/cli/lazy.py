"""Groups of commands that read the module of a command when that command runs.

Help and completion need names and a line about each, which :mod:`care_sync.cli.commands` holds; so does finding out
that there is no such command. Nothing else is loaded for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup


@dataclass(frozen=True, slots=True)
class Command:
    """A command: the module in ``care_sync.cli`` and its function, as ``module:function``, and what it does."""

    function: str
    about: str


@dataclass(frozen=True, slots=True)
class Group:
    """Commands under a name of their own, and what they are about."""

    about: str
    commands: Mapping[str, Command]


class LazyGroup(TyperGroup):
    """A group that knows its commands by a table. Its help is read as Markdown, so that examples keep their lines."""

    def __init__(self, *, table: Mapping[str, Command | Group], **settings: Any) -> None:
        self._table = table
        settings["commands"] = {name: _listed(name, entry) for name, entry in table.items()}
        super().__init__(**settings)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """As of any group; the command that was named is loaded."""
        name, command, rest = super().resolve_command(ctx, args)
        entry = self._table.get(name or "")
        return name, load(name or "", entry) if isinstance(entry, Command) else command, rest


def load(name: str, command: Command) -> Any:
    """Read the module of a command; gives the command as Click runs it."""
    module, _, function = command.function.partition(":")
    holder = typer.Typer(rich_markup_mode="markdown")
    holder.command(name)(getattr(import_module(f"care_sync.cli.{module}"), function))
    return typer.main.get_group(holder).commands[name]


def _listed(name: str, entry: Command | Group) -> Any:
    """What lists show of a command, and of a group all of it."""
    if isinstance(entry, Command):
        return TyperCommand(name, help=entry.about)
    return LazyGroup(
        name=name, help=entry.about, table=entry.commands, no_args_is_help=True, rich_markup_mode="markdown"
    )
