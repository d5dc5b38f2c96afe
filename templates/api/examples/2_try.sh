curl -sS "$SANDGLASS/api/v1/policy" -H "Authorization: Bearer $READ_KEY"
