"""Kimai, through its REST API (version 2)."""
