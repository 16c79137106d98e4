"""``--set KEY=VALUE``: any option of a kind, its mistakes told as a config's are."""

import pytest
import typer

from monitor.cli.settings import options_from
from probes.http import Options


def options_of(*settings, **given):
    return options_from(Options, settings, given, hint="--set")


def test_a_value_is_written_as_in_a_config():
    options = options_of(
        "addresses=all", 'ip="4"', "expect={status: 404, body: a=b}", "origins=[192.0.2.1, '[::1]:8443']",
        "round_every=1m", "cache_bust=true", insecure=True,
    )  # fmt: skip
    assert (options.addresses, options.ip, options.cache_bust, options.insecure) == ("all", "4", True, True)
    assert (options.expect.status, options.expect.body) == ((404,), "a=b")
    assert (options.origins, options.round_every) == (("192.0.2.1", "[::1]:8443"), 60.0)


def test_without_settings_there_are_the_defaults():
    assert options_of() == Options()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (["addresses"], "'addresses' has no value: write KEY=VALUE"),
        (["adresses=all"], "adresses: is not known here: did you mean `addresses`?"),
        (["addresses=al"], "addresses: 'al' is not known: did you mean all? write one of one, all"),
        (["ip=4"], "ip: must be text, not a number: put it in quotes"),
        (["expect={bodi: x}"], "expect.bodi: is not known here: did you mean `body`?"),
        (["round_every=5"], "round_every: 5 has no unit"),
        (["body='a"], "body: this is no YAML"),
        (["headers={X: {env: LANDWATCH_NO_SUCH}}"], "LANDWATCH_NO_SUCH is not set"),
        (["addresses=all", "addresses=one"], "addresses: is given twice: leave one of the two"),
        (["method=POST", "origins=[192.0.2.1]"], "origins are asked by GET"),
        (["every=5s"], "every: is not known here"),
    ],
)
def test_a_mistake_is_told_as_a_configs_is(settings, words):
    with pytest.raises(typer.BadParameter) as caught:
        options_of(*settings)
    assert words in caught.value.message
    assert caught.value.param_hint == "--set"


def test_all_mistakes_are_told_at_once():
    with pytest.raises(typer.BadParameter) as caught:
        options_of("adresses=all", "ip=4", "body='a")
    assert caught.value.message.count("; ") >= 2
    for word in ("adresses", "ip", "body"):
        assert word in caught.value.message


def test_an_option_that_was_given_by_other_means_is_not_given_again():
    with pytest.raises(typer.BadParameter, match="resolve: is given twice"):
        options_of("resolve=[]", resolve=["shop.test:443:127.0.0.1"])
