"""A fresh store for each example: a copy of one in which the office has opened already."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from care_sync.store import open_store
from tests.properties.both import Both, Site
from tests.properties.histories import NOT_YET


class SqliteStores:
    """Stores on disk in a folder; ``migrated`` is an empty one to copy."""

    def __init__(self, folder: Path, migrated: Path) -> None:
        self._folder, self._migrated = folder, migrated
        self._opened: dict[Site, tuple[Path, Both]] = {}
        self._numbers = itertools.count(1)

    @contextmanager
    def both(self, site: Site) -> Iterator[Both]:
        """Both offices, just opened."""
        path, opened = self._opened.get(site) or self._open(site)
        copied = self._copy(path)
        store = open_store(f"sqlite:///{copied}")
        try:
            yield opened.on(store)
        finally:
            store.close()
            copied.unlink()

    def _open(self, site: Site) -> tuple[Path, Both]:
        path = self._copy(self._migrated)
        store = open_store(f"sqlite:///{path}")
        opened = Both(store, site, NOT_YET)
        store.close()  # and with it the journal beside it: the file is whole
        self._opened[site] = path, opened
        return path, opened

    def _copy(self, path: Path) -> Path:
        copied = self._folder / f"office{next(self._numbers)}.sqlite"
        shutil.copyfile(path, copied)
        return copied
