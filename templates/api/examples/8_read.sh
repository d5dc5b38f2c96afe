curl -sS "$SANDGLASS/api/v1/exchanges/hello-1-$NOW?day=$DAY" \
  -H "Authorization: Bearer $READ_KEY"

curl -sS -G "$SANDGLASS/api/v1/exchanges" -H "Authorization: Bearer $READ_KEY" \
  -d from="$DAY" -d class=response -d limit=1
