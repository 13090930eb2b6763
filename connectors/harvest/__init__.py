"""Harvest, through its API v2."""
