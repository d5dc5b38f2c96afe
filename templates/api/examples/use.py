import os
from datetime import datetime, timezone

from sandglass_client import call, pages, send

now = datetime.now(timezone.utc)
sent = {
    "id": "python-1",
    "occurred_at": now.isoformat(),
    "subprocessor": "openai",
    "model": "gpt-5.1",
    "prompt": [{"type": "snippet", "path": "src/pay.py", "text": "eval(x)"}],
}
for result in send([sent], os.environ["INGEST_KEY"]):
    if result["status"] == "refused":
        print(result["id"], result["code"], result.get("errors"))
    else:
        kept = {record["class"]: record["expires_on"] for record in result["records"]}
        print(result["id"], result["status"], kept)

later = f"/api/v1/exchanges/python-1/response?day={now:%Y-%m-%d}"
print(call("POST", later, os.environ["INGEST_KEY"], {"text": "Yes."})["status"])

for exchange in pages("/api/v1/exchanges?limit=200", os.environ["READ_KEY"]):
    print(exchange["id"], exchange["clock_day"], len(exchange["records"]))
