"""A site for the command line: settings, a store, and a place to run commands."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, SecretStr

from care_sync.cli.main import run
from care_sync.store import Store, open_store
from connectors.products import Product
from connectors.registry import HELPDESKS

CONFIG = """\
company:
  name: CARE
helpdesk:
  product: desk
  subdomain: care
  api_token: hush-desk
time_trackers:
  toggl:
    workspace_id: 12
    api_token: hush-toggl
store:
  url: sqlite:///store.sqlite
ledger:
  hour_card:
    rates: {2026: 92.50}
"""


class DeskOptions(BaseModel):
    """The settings of a helpdesk that no command here talks to."""

    model_config = ConfigDict(extra="forbid")

    subdomain: str
    api_token: SecretStr


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command printed, and how it ended."""

    code: int
    output: str
    errors: str

    @property
    def json(self) -> Any:
        return json.loads(self.output)


Care = Callable[..., Answer]


@pytest.fixture
def site(tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with settings and a migrated store."""
    monkeypatch.setitem(HELPDESKS.shipped, "desk", Product(DeskOptions, lambda _options, _environment: None))  # type: ignore[arg-type,return-value]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text(CONFIG, encoding="utf-8")
    shutil.copyfile(sqlite_template, tmp_path / "store.sqlite")
    return tmp_path


@pytest.fixture
def site_store(site: Path) -> Iterator[Store]:
    """The site's own store."""
    store = open_store(f"sqlite:///{site}/store.sqlite")
    yield store
    store.close()


@pytest.fixture
def care(site: Path, capsys: pytest.CaptureFixture[str]) -> Care:
    """Run a command of ``care-sync`` in the site's folder."""

    def command(*arguments: str) -> Answer:
        capsys.readouterr()
        code = run(arguments)
        captured = capsys.readouterr()
        return Answer(code, captured.out, captured.err)

    return command
