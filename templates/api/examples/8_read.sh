curl -sS "$SANDGLASS/api/v1/exchanges/hello-1?day=$(date -u +%Y-%m-%d)" \
  -H "Authorization: Bearer $READ_KEY"

curl -sS -G "$SANDGLASS/api/v1/exchanges" -H "Authorization: Bearer $READ_KEY" \
  -d from="$(date -u +%Y-%m-%d)" -d class=response -d limit=1
