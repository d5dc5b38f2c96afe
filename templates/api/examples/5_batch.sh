now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
curl -sS "$SANDGLASS/api/v1/exchanges" \
  -H "Authorization: Bearer $INGEST_KEY" -H "Content-Type: application/json" \
  --data-binary @- <<JSON
{"exchanges": [
  {"id": "hello-2", "occurred_at": "$now", "subprocessor": "bedrock", "model": "claude",
   "prompt": [{"type": "snippet", "text": "yaml.load(f)", "path": "src/conf.py"}]},
  {"id": "hello-3", "occurred_at": "$now", "subprocessor": "openai",
   "response": {"text": "The model was forgotten."}}
]}
JSON
