"""Zendesk Support as a helpdesk."""
