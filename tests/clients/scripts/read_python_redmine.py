import json, sys
from redminelib import Redmine

asked = json.loads(sys.argv[1])
client = Redmine(asked["url"], key=asked["token"])
project = client.project.get(asked["project"])
print(
    json.dumps(
        {
            "time_entries": len(list(client.time_entry.all())),
            "of_project": len(list(client.time_entry.filter(project_id=project.identifier))),
            "projects": len(list(client.project.all())),
            "users": len(list(client.user.all())),
            "issues": len(list(client.issue.filter(status_id="*"))),
        }
    )
)
