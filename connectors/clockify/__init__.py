"""Clockify, through its API v1 and its reports."""
