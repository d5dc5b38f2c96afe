"""Notices are posted to public addresses only, whatever a name or a number is wrapped in."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from compliance.webhooks.addresses import is_public, parts, resolve
from compliance.webhooks.errors import BadEndpoint, NotPublic


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254", "0.0.0.0"),
        *("100.64.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1"),
        *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe"),
        *("2002:7f00:1::", "2002:a00:1::", "2001:0:1::f5ff:fffe", "2001:db8::1", "nonsense", ""),
    ],
)
def test_what_is_not_public_is_refused(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8"]
)
def test_what_is_public_is_not(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        *("http://a.example/x", "ftp://a.example", "https://", "https:///x", "a.example"),
        *("https://user:secret@a.example/", "https://a.example/#part", "https://localhost/"),
        *("https://intranet/x", "https://db.internal/", "https://printer.local/x"),
        *("https://127.0.0.1/", "https://[::1]/", "https://2130706433/", "https://0x7f.1/"),
        *("https://a.example:port/", "https://a.example/x y", "https://a.example/x\r\nHost: b"),
    ],
)
def test_what_is_no_endpoint_is_refused(url: str) -> None:
    with pytest.raises(BadEndpoint):
        parts(url)


def test_an_endpoint_has_host_port_and_path() -> None:
    assert parts("https://hooks.acme.example/in?a=1") == ("hooks.acme.example", 443, "/in?a=1")
    assert parts("https://hooks.acme.example:8443") == ("hooks.acme.example", 8443, "/")


def test_a_name_with_one_private_address_is_refused_as_a_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def found(*addresses: str) -> Any:
        answer = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 443)) for one in addresses]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answer)

    found("8.8.8.8", "10.0.0.1")
    with pytest.raises(NotPublic):
        resolve("hooks.acme.example", 443)
    found("8.8.8.8", "8.8.8.8", "1.1.1.1")
    assert resolve("hooks.acme.example", 443) == ["8.8.8.8", "1.1.1.1"]
