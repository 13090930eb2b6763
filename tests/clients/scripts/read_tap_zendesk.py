import os
import json, re, sys
import aiohttp
from loopback import lead

asked = json.loads(sys.argv[1])
os.environ["ZENPY_FORCE_SCHEME"], _, os.environ["ZENPY_FORCE_NETLOC"] = asked["url"].partition("://")
lead(r"care\.zendesk\.com", asked["url"])
request = aiohttp.ClientSession._request


async def to_sandbox(self, method, url, **more):
    return await request(self, method, re.sub(r"^https://care\.zendesk\.com", asked["url"], str(url)), **more)


aiohttp.ClientSession._request = to_sandbox
from singer_tap import count
from tap_zendesk import main

config = {"subdomain": "care", "start_date": "2020-01-01T00:00:00Z", "access_token": asked["token"]}
count(
    main,
    config,
    ("tickets", "ticket_audits", "ticket_comments", "organizations", "groups", "ticket_fields", "tags", "users"),
)
