curl -sS "$SANDGLASS/api/v1/notices?standing=given" \
  -H "Authorization: Bearer $READ_KEY" | tee notices.json

ids='import json; told = json.load(open("notices.json"))["results"]
print(*[notice["id"] for notice in told])'
for NOTICE in $(python3 -c "$ids"); do
  curl -sS -X POST "$SANDGLASS/api/v1/notices/$NOTICE/acknowledge" \
    -H "Authorization: Bearer $READ_KEY"
done
