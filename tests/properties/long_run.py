"""Both laws with many examples, for hours when one likes: `python -m tests.properties.long_run --examples 10000`.

Ends with 0 when no example disagreed, and with 1 and the smallest history that does.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from care_sync.clock import SystemClock
from care_sync.logs import configure_logs
from care_sync.store import migrate
from tests.properties.laws import balances_are_those_of_the_model, order_of_arrival_changes_nothing
from tests.properties.stores import SqliteStores


def main(arguments: list[str]) -> int:
    """Run the laws; every tenth example is one of the order of arrival."""
    parser = argparse.ArgumentParser(prog="python -m tests.properties.long_run", description=__doc__)
    parser.add_argument("--examples", type=int, default=10_000, help="how many histories (default 10000)")
    parser.add_argument("--most", type=int, default=8, help="events between two closings at most (default 8)")
    parser.add_argument("--folder", type=Path, default=None, help="where the stores lie, such as a disk in memory")
    options = parser.parse_args(arguments)
    configure_logs(clock=SystemClock(), level="error")
    started = time.monotonic()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        migrated = folder / "migrated.sqlite"
        migrate(f"sqlite:///{migrated}")
        stores = SqliteStores(folder, migrated)
        order_of_arrival_changes_nothing(stores.both, examples=max(1, options.examples // 10), same=False)
        balances_are_those_of_the_model(stores.both, examples=options.examples, most=options.most, same=False)
    print(f"{options.examples} histories agree, {time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
