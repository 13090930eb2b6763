import json, sys
from datetime import datetime
from toggl_python.auth import TokenAuth
from toggl_python.entities.user import CurrentUser
from toggl_python.entities.workspace import Workspace

asked = json.loads(sys.argv[1])
proof = TokenAuth(token=asked["token"])
person, workspace = CurrentUser(auth=proof), Workspace(auth=proof)
for each in (person, workspace):
    each.client.base_url = f"{asked['url']}/api/v9"
print(
    json.dumps(
        {
            "entries": len(person.get_time_entries()),
            "projects": len(workspace.get_projects(workspace_id=asked["workspace"])),
            "workspaces": len(workspace.list()),
        }
    )
)
