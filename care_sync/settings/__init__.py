"""The settings of a site: read from YAML, secret files and the environment, checked, and never changed after.

``load_settings`` is the one way in. ``config.example.yaml`` shows and explains every setting.
"""

from care_sync.settings.load import load_settings
from care_sync.settings.model import Connection, Settings
from care_sync.settings.show import shown_settings

__all__ = ["Connection", "Settings", "load_settings", "shown_settings"]
