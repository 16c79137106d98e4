from __future__ import annotations

import pytest

from monitor.config.fields import Address, check_name, check_store, check_store_url, check_url, parse_address


@pytest.mark.parametrize("name", ["spring-sale", "Frühling 2025", "日本", "a" * 100, 'say "hi"'])
def test_names_may_be_of_any_script(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize(
    "url",
    [
        "https://www.example.com/sale?utm_source=tiktok#top",
        "http://127.0.0.1:8080",
        "https://[::1]:8443/",
        "https://my_host.test/",
        "https://bücher.example/",
        "HTTPS://EXAMPLE.COM/",
        "https://localhost/a@b",
    ],
)
def test_urls_of_pages(url: str) -> None:
    assert check_url(url) == url


@pytest.mark.parametrize(
    ("text", "address", "shown"),
    [
        ("127.0.0.1:9464", ("127.0.0.1", 9464), "127.0.0.1:9464"),
        ("[::1]:0", ("::1", 0), "[::1]:0"),
        ("[fe80::1%eth0]:80", ("fe80::1%eth0", 80), "[fe80::1%eth0]:80"),
        (":9464", ("", 9464), ":9464"),
        ("localhost:65535", ("localhost", 65535), "localhost:65535"),
    ],
)
def test_addresses_to_listen_on(text: str, address: tuple[str, int], shown: str) -> None:
    parsed = parse_address(text)
    assert parsed == address
    assert str(parsed) == shown
    assert parse_address(parsed) is parsed


@pytest.mark.parametrize(
    "text", ["[]:80", "[127.0.0.1]:80", "::1:80", "a:b:80", "127.0.0.1:٣", None, "", "-x:80"]
)
def test_what_is_no_address_to_listen_on(text: object) -> None:
    with pytest.raises(ValueError, match="write HOST:PORT"):
        parse_address(text)


def test_an_address_is_a_tuple_of_host_and_port() -> None:
    assert Address("h", 1)._asdict() == {"host": "h", "port": 1}


@pytest.mark.parametrize(
    "store",
    [
        "sqlite",
        "sqlite:///state/landwatch.db",
        "sqlite:////var/lib/landwatch.db",
        "postgresql://db/landwatch",
        "postgres://me@db:5432/landwatch?sslmode=require",
        "postgresql:///landwatch?host=/run/postgresql",
    ],
)
def test_stores(store: str) -> None:
    assert check_store(store) == store


def test_a_password_is_right_only_in_a_secret() -> None:
    url = "postgresql://me:hunter2@db/landwatch"
    assert check_store_url(url) == url
    with pytest.raises(ValueError, match="never written into the config"):
        check_store(url)
