"""Taking Zendesk's JSON apart."""

from __future__ import annotations

from connectors.value_reader import ValueReader
from connectors.zendesk.settings import PRODUCT

READ = ValueReader(PRODUCT)
