import os
import uuid
from datetime import datetime, timezone

from sandglass_client import call, pages, send

INGEST_KEY, READ_KEY = os.environ["INGEST_KEY"], os.environ["READ_KEY"]

# Made once for each call to the vendor, and kept as it is until it is stored.
sent = {
    "id": f"python-{uuid.uuid4()}",
    "occurred_at": datetime.now(timezone.utc).isoformat(),
    "subprocessor": "openai",
    "model": "gpt-5.1",
    "prompt": [{"type": "snippet", "path": "src/pay.py", "text": "eval(x)"}],
}
for result in send([sent], INGEST_KEY):
    if result["status"] == "refused":
        print(result["id"], result["code"], result.get("errors"))
        continue
    kept = {one["class"]: one["expires_on"] for one in result["records"]}
    print(result["id"], result["status"], kept)
    later = f"/api/v1/exchanges/{result['exchange']}/response"
    print(call("POST", later, INGEST_KEY, {"text": "Yes."})["status"])

for exchange in pages("/api/v1/exchanges?limit=200", READ_KEY):
    print(exchange["id"], exchange["clock_day"], len(exchange["records"]))
