curl -sS -X POST "$SANDGLASS/api/v1/exchanges/hello-2/delivered?day=$(date -u +%Y-%m-%d)" \
  -H "Authorization: Bearer $INGEST_KEY"
