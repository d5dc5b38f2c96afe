today=$(date -u +%Y-%m-%d)
curl -sS "$SANDGLASS/api/v1/exchanges/hello-2/response?day=$today" \
  -H "Authorization: Bearer $INGEST_KEY" -H "Content-Type: application/json" \
  -d '{"text": "Unsafe: use yaml.safe_load.", "finish_reason": "stop", "latency_ms": 900}'

curl -sS "$SANDGLASS/api/v1/exchanges/hello-2/evaluation?day=$today" \
  -H "Authorization: Bearer $INGEST_KEY" -H "Content-Type: application/json" \
  -d '{"verdict": "true_positive", "score": 0.93, "feedback": "accepted"}'
