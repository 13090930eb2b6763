import json, sys
from httpx import BasicAuth
import toggl_api
from toggl_api.meta import TogglEndpoint

asked = json.loads(sys.argv[1])
for each in (
    TogglEndpoint,
    toggl_api.TrackerEndpoint,
    toggl_api.ProjectEndpoint,
    toggl_api.ClientEndpoint,
    toggl_api.TagEndpoint,
):
    each.BASE_ENDPOINT = f"{asked['url']}/api/v9/"
proof = BasicAuth(asked["token"], "api_token")
print(
    json.dumps(
        {
            "entries": len(toggl_api.TrackerEndpoint(asked["workspace"], proof).collect(refresh=True)),
            "projects": len(toggl_api.ProjectEndpoint(asked["workspace"], proof).collect(refresh=True)),
            "clients": len(toggl_api.ClientEndpoint(asked["workspace"], proof).collect(refresh=True)),
            "tags": len(toggl_api.TagEndpoint(asked["workspace"], proof).collect(refresh=True)),
        }
    )
)
