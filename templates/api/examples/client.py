"""sandglass_client.py: send, and send again until it is kept. Python's standard library alone."""

import gzip
import json
import os
import time
import urllib.error
import urllib.request

ADDRESS = os.environ.get("SANDGLASS", "https://data.example.com")
TRIES = 8


def call(method, path, key, body=None):
    """The parsed answer. A request that may be repeated is repeated; any other error is raised."""
    address = path if path.startswith("http") else ADDRESS + path
    headers = {"Authorization": f"Bearer {key}"}
    data = None
    if body is not None:
        data = gzip.compress(json.dumps(body).encode())
        headers |= {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    for attempt in range(TRIES):
        request = urllib.request.Request(address, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            text = error.read()
            is_problem = error.headers.get_content_type() == "application/problem+json"
            problem = json.loads(text) if is_problem else {"retryable": error.code >= 500}
            if not problem["retryable"]:
                raise RuntimeError(problem) from None
            pause = int(error.headers.get("Retry-After", 2**attempt))
        except OSError:  # the answer may be lost: sending again is a `duplicate`, never a copy
            pause = 2**attempt
        time.sleep(pause)
    raise RuntimeError(f"not kept after {TRIES} tries")


def send(exchanges, key):
    """One result for each exchange, in order. Keep what is refused and look at it."""
    results = []
    for start in range(0, len(exchanges), 100):
        body = {"exchanges": exchanges[start : start + 100]}
        results += call("POST", "/api/v1/exchanges", key, body)["results"]
    return results


def pages(path, key):
    """Every result of a list, page after page."""
    while path:
        answer = call("GET", path, key)
        yield from answer["results"]
        path = answer["next"]
