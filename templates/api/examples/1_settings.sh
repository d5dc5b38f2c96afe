export SANDGLASS=https://data.example.com
export INGEST_KEY=sg_…   # a key with the scope ingest: it sends
export READ_KEY=sg_…     # a key with the scope read: it reads
export NOW=$(date -u +%Y-%m-%dT%H:%M:%SZ)   # once, for all that follows
export DAY=${NOW%T*}
