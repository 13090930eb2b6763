"""``python -m care_sync``: the same as ``care-sync``."""

from care_sync.cli.main import main

if __name__ == "__main__":
    main()
