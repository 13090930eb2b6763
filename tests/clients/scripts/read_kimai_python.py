import json, sys
import kimai_python

asked = json.loads(sys.argv[1])
configuration = kimai_python.Configuration()
configuration.host = asked["url"]
client = kimai_python.ApiClient(configuration)
client.set_default_header("Authorization", f"Bearer {asked['token']}")
print(
    json.dumps(
        {
            "timesheets": len(kimai_python.TimesheetApi(client).api_timesheets_get(user="all")),
            "customers": len(kimai_python.CustomerApi(client).api_customers_get()),
            "projects": len(kimai_python.ProjectApi(client).api_projects_get()),
            "activities": len(kimai_python.ActivityApi(client).api_activities_get()),
            "users": len(kimai_python.UserApi(client).api_users_get()),
        }
    )
)
