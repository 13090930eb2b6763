import json, sys
from clockify_sdk import Clockify
from clockify_sdk.config import Config

asked = json.loads(sys.argv[1])
Config.BASE_URL, Config.REPORTS_URL = asked["core"], asked["reports"]
client = Clockify(asked["token"])
people = client.users.get_all_users() if hasattr(client.users, "get_all_users") else client.users.get_all()
entries = [entry for person in people for entry in client.time_entries.get_by_user_id(person["id"])]
print(
    json.dumps(
        {
            "users": len(people),
            "entries": len(entries),
            "projects": len(client.projects.get_all()),
            "clients": len(client.clients.get_all()),
        }
    )
)
