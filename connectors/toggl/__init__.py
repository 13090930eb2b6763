"""Toggl Track, through API v9 and Reports API v3."""
