"""Freshdesk as a helpdesk, and the time that its agents write down there."""
