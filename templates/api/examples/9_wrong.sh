curl -sS -i "$SANDGLASS/api/v1/exchanges/hello-1" -H "Authorization: Bearer $INGEST_KEY"
