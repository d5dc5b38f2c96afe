cat > first.json <<JSON
{"exchanges": [{
  "id": "hello-1-$NOW",
  "occurred_at": "$NOW",
  "subprocessor": "openai",
  "model": "gpt-5.1",
  "purpose": "triage",
  "finding": {"id": "F-77", "rule": "python.eval", "start_line": 1},
  "prompt": [
    {"type": "text", "text": "Is this a true positive?"},
    {"type": "snippet", "path": "src/pay.py", "start_line": 1,
     "text": "eval(x)"}
  ],
  "response": {"text": "Yes: x is user input.", "finish_reason": "stop"},
  "usage": {"input_tokens": 24, "output_tokens": 9},
  "latency_ms": 1400
}]}
JSON
curl -sS "$SANDGLASS/api/v1/exchanges" \
  -H "Authorization: Bearer $INGEST_KEY" \
  -H "Content-Type: application/json" \
  --data-binary @first.json
