"""A process that dies at a chosen transaction: before it is committed, or right after."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from care_sync.store import Store, UnitOfWork


class Died(BaseException):
    """Nothing of the process is left; no code of ours may swallow it."""


class DyingStore(Store):
    """A store that dies with its ``dies_at``-th writing transaction, and does nothing from then on.

    ``keeps`` says whether that transaction is still committed. ``transactions`` counts them.
    """

    def __init__(self, store: Store, dies_at: int, *, keeps: bool) -> None:
        super().__init__(store.engine)
        self._dies_at = dies_at
        self._keeps = keeps
        self.transactions = 0

    @property
    def is_dead(self) -> bool:
        """Whether the process has died."""
        return self.transactions >= self._dies_at

    @contextmanager
    def begin(self) -> Iterator[UnitOfWork]:
        """A writing unit of work; the last one dies."""
        if self.is_dead:
            raise Died
        self.transactions += 1
        with super().begin() as work:
            yield work
            if self.is_dead and not self._keeps:
                raise Died
        if self.is_dead:
            raise Died

    @contextmanager
    def read(self) -> Iterator[UnitOfWork]:
        """A reading unit of work."""
        if self.is_dead:
            raise Died
        with super().read() as work:
            yield work
