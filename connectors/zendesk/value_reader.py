"""Taking Zendesk's JSON apart."""

from __future__ import annotations

from connectors.value_reader import ValueReader

PRODUCT = "zendesk"
READ = ValueReader(PRODUCT)
