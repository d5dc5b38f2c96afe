today=$(date -u +%Y-%m-%d)
curl -sS -X POST "$SANDGLASS/api/v1/exchanges/hello-2/delivered?day=$today" \
  -H "Authorization: Bearer $INGEST_KEY"
