"""Bringing the settings together: the YAML file, above it secret files, above those the environment.

Terms
    layer       one of the three, as nested values, each value with its place
    secret file a file in the secrets directory, named like its setting: ``helpdesk__api_token``

Promise: either valid settings, or one :class:`care_sync.errors.UserError` that names every problem at once with
its place. Relative paths, that of a SQLite file and those of a product's own settings included, are relative to the
settings file: from wherever CareSync is started, it is the same store and the same hours.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_settings import (
    EnvSettingsSource,
    NestedSecretsSettingsSource,
    SecretsSettingsSource,
    SettingsError,
)

from care_sync.errors import UserError
from care_sync.settings.model import PREFIX, CompanySection, Connection, Settings
from care_sync.settings.problems import environment_name, sentence, setting_name, unknown
from care_sync.settings.yaml_file import Location, YamlFile, read_yaml
from connectors.errors import BrokenPackage
from connectors.tracker_settings import TimeTrackerSettings

CONFIG_VARIABLE = f"{PREFIX}CONFIG"
SECRETS_VARIABLE = f"{PREFIX}SECRETS_DIRECTORY"
DEFAULT_FILE = "config.yaml"

CONNECTIONS = ("helpdesk", "time_trackers", "bookkeeping")
"""The sections whose keys are those of a product."""

Products = Mapping[str, type[BaseModel]]
"""The settings class of each product, by the product's name."""


@dataclass(slots=True)
class _Layers:
    """The layers laid over each other, and the problems found so far."""

    file: YamlFile | None
    secret_files: dict[str, Any]
    environment: dict[str, Any]
    secrets_directory: Path | None
    values: dict[str, Any]
    problems: list[str] = field(default_factory=list)

    def place(self, location: Location) -> str:
        """Where the value at ``location`` was given, or where it should be."""
        if _holds(self.environment, location):
            return f"environment variable {environment_name(location)}"
        if _holds(self.secret_files, location):
            return str((self.secrets_directory or Path()) / "__".join(str(part) for part in location))
        if self.file is None:
            return "settings"
        return self.file.place(location) or str(self.file.path)

    def report(self, error: ValidationError, base: Location, model: type[BaseModel]) -> None:
        """Add the problems that pydantic found in ``model``, whose values stand at ``base``."""
        for detail in error.errors(include_url=False):
            below = _given_part(_get(self.values, base), detail["loc"], missing=detail["type"] == "missing")
            problem = sentence(detail, base, below, model)
            self.problems.append(f"{self.place((*base, *below))}: {problem}")


def load_settings(
    path: Path | None = None, *, helpdesks: Products, time_trackers: Products, bookkeepings: Products | None = None
) -> Settings:
    """Read the settings from ``path``, or the file that ``CARE_SYNC_CONFIG`` names, or ``config.yaml``.

    ``helpdesks``, ``time_trackers`` and ``bookkeepings`` say which products there are.
    Raises :class:`UserError` with every problem.
    """
    file = _file(path)
    layers = _layers(file)
    core = {name: value for name, value in layers.values.items() if name not in CONNECTIONS}
    connections = _connections(layers, helpdesks, time_trackers, bookkeepings or {})
    try:
        settings = Settings(**core, **connections)
    except ValidationError as error:
        layers.report(error, (), Settings)
    if layers.problems:
        missing = "" if file else " There is no config.yaml here; copy config.example.yaml, or give --config."
        raise UserError(f"The settings cannot be used.{missing}", list(dict.fromkeys(layers.problems)))
    return _with_absolute_paths(settings, (file.path if file else Path(DEFAULT_FILE)).absolute().parent)


def _file(path: Path | None) -> YamlFile | None:
    if path is None and (named := os.environ.get(CONFIG_VARIABLE)):
        path = Path(named)
    if path is not None:
        return read_yaml(path)
    return read_yaml(Path(DEFAULT_FILE)) if Path(DEFAULT_FILE).exists() else None


def _layers(file: YamlFile | None) -> _Layers:
    problems = list(_unknown_variables())
    named = os.environ.get(SECRETS_VARIABLE)
    secrets_directory = Path(named) if named else None
    secret_files: dict[str, Any] = {}
    environment: dict[str, Any] = {}
    try:
        environment = EnvSettingsSource(Settings)()
    except SettingsError as error:
        problems.append(f"environment: {error}. Set single values, as in CARE_SYNC_WEB__PORT=8787.")
    if secrets_directory is not None and not secrets_directory.is_dir():
        problems.append(f"environment variable {SECRETS_VARIABLE}: {secrets_directory} is not a directory.")
    elif secrets_directory is not None:
        secret_files = NestedSecretsSettingsSource(
            SecretsSettingsSource(Settings, secrets_dir=secrets_directory),
            secrets_dir=secrets_directory,
            secrets_nested_delimiter="__",
            secrets_prefix="",
        )()
    # What is always asked for is there, so that its settings are asked for one by one.
    values: dict[str, Any] = {"company": {}}
    for layer in (file.values if file else {}, secret_files, environment):
        values = _laid_over(values, layer)
    return _Layers(file, secret_files, environment, secrets_directory, values, problems)


def _unknown_variables() -> Iterator[str]:
    ours = {f"{PREFIX}{name}".upper() for name in Settings.model_fields}
    for name in sorted(os.environ):
        if not name.upper().startswith(PREFIX) or name in (CONFIG_VARIABLE, SECRETS_VARIABLE):
            continue
        section = name.upper().split("__")[0]
        if section not in ours:
            problem = unknown((section.removeprefix(PREFIX).lower(),), Settings.model_fields)
            yield f"environment variable {name}: {problem}"


def _connections(
    layers: _Layers, helpdesks: Products, time_trackers: Products, bookkeepings: Products
) -> dict[str, Any]:
    """Read each connection by its product's class; one that cannot be read is reported and stood in for.

    A product that has a time zone of its own gets the company's unless its section says otherwise.
    """
    connection = _connection(layers, ("helpdesk",), "helpdesk", None, helpdesks)
    connections: dict[str, Any] = {"helpdesk": connection or _UNREADABLE}
    if layers.values.get("bookkeeping") is not None:
        bookkeeping = _connection(layers, ("bookkeeping",), "bookkeeping", None, bookkeepings)
        connections["bookkeeping"] = bookkeeping or _UNREADABLE
    given = layers.values.get("time_trackers") or {}
    if isinstance(given, Mapping):
        trackers = {
            name: _connection(layers, ("time_trackers", name), name, name, time_trackers) or _UNREADABLE
            for name in given
        }
        connections["time_trackers"] = trackers
        layers.problems.extend(_given_twice(layers, trackers))
    else:
        connections["time_trackers"] = given
    return connections


def _connection(
    layers: _Layers, base: Location, name: str, default_product: str | None, products: Products
) -> Connection | None:
    values = _get(layers.values, base)
    if values is None:
        values = {}
    if not isinstance(values, Mapping):
        layers.problems.append(
            f"{layers.place(base)}: {setting_name(base)} is not a section; write `name: value` lines below it."
        )
        return None
    options = dict(values)
    product = options.pop("product", default_product)
    name_of_product = setting_name((*base, "product"))
    try:
        options_class = products.get(str(product))
    except BrokenPackage as error:
        layers.problems.append(f"{layers.place((*base, 'product'))}: {name_of_product}: {error}")
        return None
    if options_class is None:
        problem = f'{name_of_product}: "{product}" is not a product that CareSync knows'
        other = ", or install the package of another beside CareSync"
        if not product:
            problem, other = f"{name_of_product} is not set; say which product it is", ""
        layers.problems.append(
            f"{layers.place((*base, 'product'))}: {problem}; write one of {', '.join(sorted(products))}{other}."
        )
        return None
    zone = _get(layers.values, ("company", "time_zone")) or CompanySection.model_fields["time_zone"].default
    if "time_zone" in options_class.model_fields:
        options.setdefault("time_zone", zone)
    try:
        return Connection(name, str(product), options_class.model_validate(options))
    except ValidationError as error:
        layers.report(error, base, options_class)
        return None


def _given_twice(layers: _Layers, trackers: Mapping[str, Connection]) -> Iterator[str]:
    """Trackers that are one account under two names: each would take the other's entries for its own."""
    first: dict[tuple[str, str], str] = {}
    for name, tracker in trackers.items():
        if isinstance(tracker.options, TimeTrackerSettings):
            account = (tracker.product, tracker.options.account_name)
            before = first.setdefault(account, name)
            if before != name:
                here, there = ("time_trackers", name), ("time_trackers", before)
                yield (
                    f"{layers.place(here)}: {setting_name(here)} is the same {tracker.product} account as "
                    f"{setting_name(there)}, {account[1]}; remove one of them."
                )


class _NoOptions(BaseModel):
    pass


_UNREADABLE = Connection("", "", _NoOptions())
"""Stands in for a connection whose problems are already reported, so that the rest is checked as well."""


def _with_absolute_paths(settings: Settings, directory: Path) -> Settings:
    changes: dict[str, Any] = {}
    url = settings.store.url.get_secret_value()
    start = "sqlite:///"
    if url.startswith(start) and not url.startswith((f"{start}/", f"{start}:memory:")):
        absolute = f"{start}{(directory / url.removeprefix(start)).as_posix()}"
        changes["store"] = settings.store.model_copy(update={"url": SecretStr(absolute)})
    if settings.rules.path:
        changes["rules"] = settings.rules.model_copy(update={"path": directory / settings.rules.path})
    if settings.messages.templates:
        templates = directory / settings.messages.templates
        changes["messages"] = settings.messages.model_copy(update={"templates": templates})
    if settings.ledger.statement.fonts:
        fonts = {"fonts": directory / settings.ledger.statement.fonts}
        statement = settings.ledger.statement.model_copy(update=fonts)
        changes["ledger"] = settings.ledger.model_copy(update={"statement": statement})
    if settings.mail.ca_file:
        changes["mail"] = settings.mail.model_copy(update={"ca_file": directory / settings.mail.ca_file})
    changes["helpdesk"] = _with_its_paths(settings.helpdesk, directory)
    changes["time_trackers"] = {
        name: _with_its_paths(tracker, directory) for name, tracker in settings.time_trackers.items()
    }
    if settings.bookkeeping:
        changes["bookkeeping"] = _with_its_paths(settings.bookkeeping, directory)
    return settings.model_copy(update=changes)


def _with_its_paths(connection: Connection, directory: Path) -> Connection:
    paths = {name: directory / value for name, value in connection.options if isinstance(value, Path)}
    return replace(connection, options=connection.options.model_copy(update=paths)) if paths else connection


def _laid_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for name, value in above.items():
        under = merged.get(name)
        if isinstance(under, Mapping) and isinstance(value, Mapping):
            merged[name] = _laid_over(under, value)
        else:
            merged[name] = value
    return merged


def _get(values: Any, location: Location) -> Any:
    for part in location:
        if isinstance(values, Mapping):
            values = values.get(part)
        elif isinstance(values, list) and isinstance(part, int) and part < len(values):
            values = values[part]
        else:
            return None
    return values


def _holds(values: Any, location: Location) -> bool:
    return bool(location) and _get(values, location) is not None


def _given_part(values: Any, location: Location, *, missing: bool) -> Location:
    """The part of pydantic's location that stands in the values: without its words for unions and keys."""
    given: list[str | int] = []
    for index, part in enumerate(location):
        inside = isinstance(values, Mapping) and part in values
        inside = inside or (isinstance(values, list) and isinstance(part, int) and part < len(values))
        if not inside:
            if missing and index == len(location) - 1:
                given.append(part)
            continue
        given.append(part)
        values = values[part]
    return tuple(given)
