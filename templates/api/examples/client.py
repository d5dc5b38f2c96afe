"""sandglass_client.py: send, and send again until it is kept."""

import gzip
import http.client
import json
import os
import time
import urllib.error
import urllib.request

ADDRESS = os.environ.get("SANDGLASS", "https://data.example.com")
# For so long a request is repeated; then put its body aside, as it was.
MINUTES = 10
LONGEST_PAUSE = 60


def call(method, path, key, body=None):
    """The parsed answer. What may be repeated is; other problems are raised."""
    address = path if path.startswith("http") else ADDRESS + path
    headers = {"Authorization": f"Bearer {key}"}
    data = None
    if body is not None:
        data = gzip.compress(json.dumps(body).encode())
        headers["Content-Type"] = "application/json"
        headers["Content-Encoding"] = "gzip"
    give_up, pause = time.monotonic() + 60 * MINUTES, 1
    while True:
        request = urllib.request.Request(address, data, headers, method=method)
        wait = pause
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            problem = problem_of(error)
            # To a POST 404 says that its exchange may still be on its way.
            absent = method == "GET" and error.code == 404
            if absent or not problem["retryable"]:
                raise RuntimeError(problem) from None
            asked = error.headers.get("Retry-After", "")
            wait = int(asked) if asked.isdigit() else pause
        except (OSError, http.client.HTTPException) as error:
            # The answer may be lost: sent again it is a `duplicate`, no copy.
            problem = repr(error)
        if time.monotonic() + wait > give_up:
            raise RuntimeError(f"given up; the last problem: {problem}")
        time.sleep(wait)
        pause = min(2 * pause, LONGEST_PAUSE)


def problem_of(error):
    """What the server says; what stands before it may answer otherwise."""
    try:
        problem = json.load(error)
    except (OSError, ValueError, http.client.HTTPException):
        problem = None
    if isinstance(problem, dict) and "retryable" in problem:
        return problem
    again = error.code == 429 or error.code >= 500
    return {"status": error.code, "retryable": again}


def send(exchanges, key):
    """One result for each exchange, in order. Look at what is refused."""
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
