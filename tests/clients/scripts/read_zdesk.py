import json, sys
from zdesk import Zendesk

asked = json.loads(sys.argv[1])
client = Zendesk(asked["url"], zdesk_email=asked["email"], zdesk_api=asked["token"])
print(
    json.dumps(
        {
            "tickets": len(client.tickets_list(get_all_pages=True)["tickets"]),
            "users": len(client.users_list(get_all_pages=True)["users"]),
            "organizations": len(client.organizations_list(get_all_pages=True)["organizations"]),
            "ticket_fields": len(client.ticket_fields_list(get_all_pages=True)["ticket_fields"]),
        }
    )
)
