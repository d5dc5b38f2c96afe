curl -sS -i "$SANDGLASS/api/v1/exchanges/hello-1-$NOW" \
  -H "Authorization: Bearer $INGEST_KEY"
