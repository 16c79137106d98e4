import pytest
from pydantic import ValidationError

from probes.http import Options
from probes.visit.options import parse_pin, parse_server


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"methd": "GET"}, "Extra inputs"),
        ({"method": "get it"}, "pattern"),
        ({"headers": {"Host": "x"}}, "Host is written by landwatch itself"),
        ({"headers": {"X-A": "a\r\nX-B: b"}}, "a character that no header may hold"),
        ({"headers": {"X A": "b"}}, "pattern"),
        ({"expect": {"status": [99]}}, "greater than or equal to 100"),
        ({"expect": {"body_regex": "(?<=a)b"}}, "not a regular expression in RE2 syntax"),
        ({"auth": {}}, "name one of basic"),
        ({"auth": {"bearer": "token"}}, "never written into the config"),
        ({"redirects": -1}, "greater than or equal to 0"),
        ({"max_body": 10}, "has no unit"),
        ({"allow_networks": ["10.0.0.1/8"]}, "not a network"),
        ({"resolve": ["www.example.com:443"]}, "not HOST:PORT:ADDRESS"),
        ({"resolve": ["www.example.com:0:192.0.2.1"]}, "not HOST:PORT:ADDRESS"),
        ({"nameservers": ["dns.example.com"]}, "not the address of a name server"),
        ({"proxy": "socks5://192.0.2.1:1080"}, "not an HTTP proxy"),
        ({"proxy": "http://[::1"}, "not a URL"),
        ({"proxy": "http://192.0.2.1:3128", "protocol": "h2"}, "cannot be forced through a proxy"),
    ],
)
def test_a_mistake_is_told_in_words(options, words):
    with pytest.raises(ValidationError, match=words):
        Options.model_validate(options)


def test_a_file_of_roots_is_looked_for_when_the_config_is_about_to_be_used(tmp_path):
    missing = {"ca": str(tmp_path / "ca.pem")}
    assert Options.model_validate(missing).ca is not None
    with pytest.raises(ValidationError, match=r"ca\.pem can't be read: No such file"):
        Options.model_validate(missing, context={"reveal": True})
    (tmp_path / "ca.pem").touch()
    Options.model_validate(missing, context={"reveal": True})


@pytest.mark.parametrize(
    ("text", "host", "port", "address"),
    [
        ("Shop.test:443:127.0.0.1", "shop.test", 443, "127.0.0.1"),
        ("shop.test:8443:[::1]", "shop.test", 8443, "::1"),
        ("shop.test:8443:::1", "shop.test", 8443, "::1"),
    ],
)
def test_a_pin_is_written_as_curl_has_it(text, host, port, address):
    pin = parse_pin(text)
    assert (pin[0], pin[1], pin[2].text) == (host, port, address)


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("192.0.2.53", ("192.0.2.53", 53)),
        ("192.0.2.53:5353", ("192.0.2.53", 5353)),
        ("2001:db8::53", ("2001:db8::53", 53)),
        ("[2001:db8::53]:5353", ("2001:db8::53", 5353)),
    ],
)
def test_a_name_server_is_an_address_with_or_without_a_port(text, server):
    assert parse_server(text) == server
