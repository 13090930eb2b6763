"""The store: the only part of CareSync that knows SQL."""

from care_sync.store.migrate import migrate
from care_sync.store.store import Store, UnitOfWork, open_store

__all__ = ["Store", "UnitOfWork", "migrate", "open_store"]
