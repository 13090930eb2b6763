"""Zammad as a helpdesk, and its time accounting."""
