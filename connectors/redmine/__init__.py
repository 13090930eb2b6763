"""Redmine's time entries, through its REST API."""
