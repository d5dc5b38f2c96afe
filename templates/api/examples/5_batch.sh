cat > batch.json <<JSON
{"exchanges": [
  {"id": "hello-2-$NOW", "occurred_at": "$NOW",
   "subprocessor": "bedrock", "model": "claude",
   "prompt": [{"type": "snippet", "text": "yaml.load(f)", "path": "conf.py"}]},
  {"id": "hello-3-$NOW", "occurred_at": "$NOW",
   "subprocessor": "openai", "response": {"text": "The model was forgotten."}}
]}
JSON
curl -sS "$SANDGLASS/api/v1/exchanges" \
  -H "Authorization: Bearer $INGEST_KEY" \
  -H "Content-Type: application/json" \
  --data-binary @batch.json
