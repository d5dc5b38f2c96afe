curl -sS -X POST "$SANDGLASS/api/v1/exchanges/hello-2-$NOW/delivered?day=$DAY" \
  -H "Authorization: Bearer $INGEST_KEY"
