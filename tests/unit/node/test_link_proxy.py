"""Addresses and proxies: what is read, what is refused, which proxy leads where, what is hidden."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import MalformedError
from node.link.address import Address, parse_address
from node.link.proxy import Proxy, bypassed, choose_proxy, parse_proxy

HUB = parse_address("wss://echange.example.org")
SECRET = "s3cret-de-la-mairie"  # noqa: S105


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("nats://h", Address("nats", "h", 4222)),
        ("tls://h:4333", Address("tls", "h", 4333)),
        ("tls://h/", Address("tls", "h", 4222)),
        ("ws://h", Address("ws", "h", 80, "/")),
        ("wss://H.Example/nats", Address("wss", "h.example", 443, "/nats")),
        ("wss://[2001:db8::1]", Address("wss", "2001:db8::1", 443, "/")),
    ],
)
def test_addresses(url: str, address: Address):
    assert parse_address(url) == address
    assert parse_address(address.url) == address


def test_an_ipv6_address_stands_in_brackets():
    assert parse_address("tls://[::1]:9").target == "[::1]:9"


@pytest.mark.parametrize(
    "url",
    [
        *("", "h", "http://h", "tls://", "tls://:4222", "tls://h:0", "tls://h:x", "tls://h/path"),
        *(f"tls://user:{SECRET}@h", f"wss://{SECRET}@h", "wss://h?x=1", "wss://h#x", "wss://a b"),
        *("tls://h:99999", "wss://[::1", "tls://h\x00"),
    ],
)
def test_what_is_no_address_is_refused_and_never_repeated(url: str):
    with pytest.raises(MalformedError) as wrong:
        parse_address(url)
    assert wrong.value.code == "hub-url"
    assert SECRET not in str(wrong.value) + wrong.value.remedy


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_refused(text: str):
    for parse in (parse_address, lambda one: parse_proxy(one, "proxy")):
        for whole in (text, f"wss://{text}", f"http://{text}"):
            try:
                parse(whole)
            except MalformedError as error:
                assert error.code in {"hub-url", "proxy-url"}  # noqa: PT017 - only these come out


@pytest.mark.parametrize(
    ("text", "proxy"),
    [
        ("http://proxy:3128", Proxy("proxy", 3128, "s")),
        ("proxy.mairie.fr:8080", Proxy("proxy.mairie.fr", 8080, "s")),
        ("proxy", Proxy("proxy", 80, "s")),
        ("https://proxy", Proxy("proxy", 443, "s", tls=True)),
        ("http://u:p%40ss%3A@proxy:1", Proxy("proxy", 1, "s", user="u", password="p@ss:")),  # noqa: S106
        ("u@proxy:1", Proxy("proxy", 1, "s", user="u")),
    ],
)
def test_proxies(text: str, proxy: Proxy):
    assert parse_proxy(text, "s") == proxy


@pytest.mark.parametrize(
    "text", ["socks5://p", "http://", f"http://u:{SECRET}@", f"ftp://u:{SECRET}@p", "http://p:0"]
)
def test_what_is_no_proxy_is_refused_and_never_repeated(text: str):
    with pytest.raises(MalformedError) as wrong:
        parse_proxy(text, "HTTPS_PROXY")
    assert wrong.value.code == "proxy-url"
    assert "HTTPS_PROXY" in str(wrong.value)
    assert SECRET not in str(wrong.value) + wrong.value.remedy


def test_a_proxy_shows_neither_user_nor_password():
    proxy = parse_proxy(f"http://agent:{SECRET}@proxy:3128", "proxy")
    for shown in (repr(proxy), str(proxy), proxy.shown, proxy.target):
        assert SECRET not in shown
        assert "agent" not in shown
    assert proxy.authorization == "Basic " + base64.b64encode(f"agent:{SECRET}".encode()).decode()
    assert parse_proxy("proxy", "proxy").authorization is None


@pytest.mark.parametrize(
    ("setting", "environment", "host", "source"),
    [
        ("", {}, None, None),
        ("", {"HTTPS_PROXY": "http://a"}, "a", "HTTPS_PROXY"),
        ("", {"https_proxy": "b", "HTTPS_PROXY": "a"}, "b", "https_proxy"),
        ("", {"ALL_PROXY": "c"}, "c", "ALL_PROXY"),
        ("", {"HTTP_PROXY": "d"}, None, None),
        ("", {"HTTPS_PROXY": "a", "NO_PROXY": "example.org"}, None, None),
        ("", {"HTTPS_PROXY": " "}, None, None),
        ("none", {"HTTPS_PROXY": "a"}, None, None),
        ("None", {"HTTPS_PROXY": "a"}, None, None),
        ("http://set:1", {"HTTPS_PROXY": "a", "NO_PROXY": "*"}, "set", "proxy"),
    ],
)
def test_which_proxy(
    setting: str, environment: dict[str, str], host: str | None, source: str | None
):
    found = choose_proxy(HUB, setting, environment)
    assert (found and found.host, found and found.source) == (host, source)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "[::1]"])
def test_no_variable_sends_this_machine_through_a_proxy_but_the_setting_does(host: str):
    address = parse_address(f"nats://{host}")
    assert choose_proxy(address, "", {"HTTPS_PROXY": "a"}) is None
    assert choose_proxy(address, "b", {}) is not None


@pytest.mark.parametrize(
    ("url", "exceptions", "holds"),
    [
        ("wss://a.example.org", "example.org", True),
        ("wss://a.example.org", ".example.org", True),
        ("wss://a.example.org", "*.example.org", True),
        ("wss://example.org", ".example.org", True),
        ("wss://badexample.org", "example.org", False),
        ("wss://a.example.org", "b.example.org, A.EXAMPLE.org", True),
        ("wss://a.example.org", "a.example.org:443", True),
        ("wss://a.example.org", "a.example.org:4222", False),
        ("wss://a.example.org", "*", True),
        ("wss://10.1.2.3", "10.0.0.0/8", True),
        ("wss://10.1.2.3", "10.1.2.3", True),
        ("wss://11.1.2.3", "10.0.0.0/8,x", False),
        ("wss://[2001:db8::1]", "2001:db8::/32", True),
        ("wss://a.example.org", "", False),
        ("wss://a.example.org", ",,. ,:", False),
    ],
)
def test_exceptions(url: str, exceptions: str, *, holds: bool):
    assert bypassed(parse_address(url), exceptions) is holds
