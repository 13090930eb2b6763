"""Request Tracker 5 as a helpdesk and as a time tracker, through REST 2."""
