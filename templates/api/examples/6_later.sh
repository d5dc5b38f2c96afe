curl -sS "$SANDGLASS/api/v1/exchanges/hello-2-$NOW/response?day=$DAY" \
  -H "Authorization: Bearer $INGEST_KEY" \
  -H "Content-Type: application/json" \
  -d '{"text": "Use yaml.safe_load.", "finish_reason": "stop"}'

curl -sS "$SANDGLASS/api/v1/exchanges/hello-2-$NOW/evaluation?day=$DAY" \
  -H "Authorization: Bearer $INGEST_KEY" \
  -H "Content-Type: application/json" \
  -d '{"verdict": "true_positive", "score": 0.93, "feedback": "accepted"}'
