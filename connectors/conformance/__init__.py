"""The conformance suites: what every helpdesk's and every time tracker's connector must do, for anybody's connector.

They need pytest (``pip install care-sync[conformance]``) and come with a plugin of it, so that a failing promise shows
its values. ``docs/writing-a-connector.md`` leads from nothing to a connector that passes.
"""
