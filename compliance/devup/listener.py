"""The address that is served: reserved before anything else starts, asked until it answers."""

from __future__ import annotations

import errno
import http.client
import socket
from urllib.parse import urlsplit

from compliance.devup.console import Refused

# This machine only: what serves other machines is a proxy with TLS.
HOST = "127.0.0.1"


def reserve(port: int) -> socket.socket:
    """A bound socket; gunicorn inherits it and listens. Port 0 takes any free one."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise Refused(_reason(port, error)) from None
    return listener


def _reason(port: int, error: OSError | OverflowError) -> str:
    if isinstance(error, OverflowError):
        return f"{port} is not a port: choose one from 1 to 65535."
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is in use by another program: choose another one with --port."
    return f"Port {port} cannot be used ({error.strerror}): choose another one with --port."


def healthy(port: int, public_url: str) -> bool:
    """Does `/healthz` answer 200, asked by the name that the service has for others?"""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/healthz", headers={"Host": urlsplit(public_url).netloc})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
