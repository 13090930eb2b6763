import json, sys
from moneybird_cli import client as module

asked = json.loads(sys.argv[1])
module.API_BASE = asked["url"]
client = module.MoneybirdClient(asked["token"], asked["administration"])
print(
    json.dumps(
        {
            "administrations": len(module.MoneybirdClient.list_administrations(asked["token"])),
            "contacts": len(client.get_all("contacts", per_page=2)),
            "invoices": len(client.get_all("sales_invoices", per_page=2)),
            "tax_rates": len(client.get("tax_rates")),
        }
    )
)
