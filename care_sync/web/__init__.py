"""The daemon's web face: webhooks that mark work to do, and a health check."""

from care_sync.web.app import WebContext, create_app
from care_sync.web.server import WebServer

__all__ = ["WebContext", "WebServer", "create_app"]
