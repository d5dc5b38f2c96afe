gzip -c first.json | curl -sS "$SANDGLASS/api/v1/exchanges" \
  -H "Authorization: Bearer $INGEST_KEY" \
  -H "Content-Type: application/json" -H "Content-Encoding: gzip" \
  --data-binary @-
