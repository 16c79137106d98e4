"""What the docs say of notifications is what the code does."""

from __future__ import annotations

import pytest
from channels import LINK, plan
from docspages import page, spans
from happening import AT, blank

from monitor.config.notify import NotifyChannel
from monitor.notify import courier, decide, delivery, message, pacing, weekly
from monitor.notify.address import problem_of
from monitor.notify.events import SEVERITIES, Change, Event
from monitor.notify.message import compose
from storage import notifications

NOTIFICATIONS = page("docs/notifications.md")


def test_every_kind_stands_in_the_docs_with_its_severity() -> None:
    said = NOTIFICATIONS.under("What is told", "kind of incident").by_first()
    assert {kind: spans(row[1]) for kind, row in said.items()} == {
        kind.value: [severity.value] for kind, severity in SEVERITIES.items()
    }


def test_every_state_stands_in_the_docs() -> None:
    said = NOTIFICATIONS.under("The record", "state").by_first()
    assert list(said) == [
        notifications.WAITING,
        notifications.SENDING,
        notifications.SENT,
        notifications.SILENCED,
        notifications.GIVEN_UP,
        notifications.PASSED,
        notifications.EARLIER,
    ]


@pytest.mark.parametrize(
    "words",
    [
        f"gathers for {pacing.GATHER.seconds} s what comes with the first change",
        f"names the {message.NAMED} worst",
        f"gathers for {pacing.FOLLOW.seconds} s; one that was sent two waits",
        f"after {', '.join(map(str, pacing.RETRIES[:-1]))} and then every {pacing.RETRIES[-1]} s",
        f"An attempt has {delivery.WITHIN:g} s",
        f"could not be told for {decide.TOO_OLD.seconds // 3600} h is **given up**",
        f"lease of {courier.LEASE.seconds} s",
        f"({weekly.SHOWN} at most)",
    ],
)
def test_a_figure_is_that_of_the_code(words: str) -> None:
    assert words in NOTIFICATIONS.prose


def test_the_message_in_the_docs_is_one_that_is_sent() -> None:
    incident = blank(
        page="spring-sale", since=AT, state="open", worst_sample="0195571c-1100-7000-8000-000000000000"
    )
    event = Event("e", Change.OPENED, AT, incident)
    made = compose([event], [], plan(), AT)
    block = next(one for one in NOTIFICATIONS.blocks if one.info == "text")
    assert block.text.strip() == f"{made.title}\n\n{made.body}"
    assert LINK in made.body


def test_the_addresses_in_the_docs_are_those_of_services() -> None:
    rows = NOTIFICATIONS.under("Channels", "to tell").rows
    addresses = [spans(row[1])[0] for row in rows]
    assert len(addresses) == 4
    for address in addresses:
        filled = address.replace("BOT-TOKEN", "123456789:abcdefg_hijklmnop").replace("CHAT", "12315544/")
        filled = filled.replace("services/...", "services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ")
        assert problem_of(filled) is None, address


def test_what_a_channel_may_be_sent_in_an_hour_has_a_row() -> None:
    assert "`per_hour`" in NOTIFICATIONS.path.read_text(encoding="utf-8")
    assert NotifyChannel.model_fields["per_hour"].default == 20
