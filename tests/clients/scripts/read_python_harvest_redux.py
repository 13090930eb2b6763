import json, sys
from harvest import Harvest

asked = json.loads(sys.argv[1])
client = Harvest(asked["url"], personal_token=asked["token"], account_id=asked["account_id"])
print(json.dumps({name: len(getattr(client, name)()[name]) for name in ("clients", "projects", "tasks")}))
