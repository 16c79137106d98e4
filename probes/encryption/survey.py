"""What a server agrees to, found out by plain hellos that go no further than its first answer.

Six or seven as a rule and nine at most, one after another: TLS 1.3, 1.2, 1.1 and 1.0; TLS 1.3 once more
without post-quantum groups, where the first answer chose one; up to three of nothing but weak ciphers
(another one only where the last was agreed to); one of key exchanges without forward secrecy.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from probes.encryption.ask import Refused, Reply, Unanswered
from probes.encryption.hello import TLS10, TLS11, TLS12, TLS13, Offer, ServerHello
from probes.encryption.suites import (
    CLASSICAL_GROUPS,
    FORWARD_SECRET,
    HYBRID_GROUPS,
    MODERN,
    ORDINARY,
    STATIC_RSA,
    WEAK,
    suite_name,
)

VERSIONS = {TLS10: "TLSv1.0", TLS11: "TLSv1.1", TLS12: "TLSv1.2", TLS13: "TLSv1.3"}
"""The versions that are asked for, by their numbers on the wire."""

_CURVES = tuple(CLASSICAL_GROUPS)
_ALL_GROUPS = (*HYBRID_GROUPS, *CLASSICAL_GROUPS)

Ask = Callable[[Offer], Awaitable[Reply]]


@dataclass(slots=True)
class Survey:
    """What was found out so far. ``None`` is not known, and ``why`` says why not."""

    versions: dict[int, bool | None] = field(default_factory=lambda: dict.fromkeys(VERSIONS))
    """Whether each version is accepted with a cipher that clients of some age offer."""
    suites: dict[int, int] = field(default_factory=dict)
    """The suite that each version was agreed to with, by version."""
    group: int | None = None
    """The group chosen where hybrids are offered first, as browsers do."""
    classical_group: int | None = None
    """The group chosen where no hybrid is offered."""
    weak: dict[str, bool | None] = field(default_factory=lambda: dict.fromkeys(WEAK))
    weak_suites: list[int] = field(default_factory=list)
    """Weak suites that were agreed to."""
    static_rsa: bool | None = None
    why: dict[str, str] = field(default_factory=dict)
    """By version or subject, why it is not known or what the refusal was."""
    doubtful: list[str] = field(default_factory=list)
    """Subjects whose refusal is one only if the server still answers others."""

    @property
    def post_quantum(self) -> bool | None:
        """Whether the group chosen is a hybrid; ``False`` without TLS 1.3, which all hybrids need."""
        if self.versions[TLS13] is False:
            return False
        return None if self.group is None else self.group in HYBRID_GROUPS

    @property
    def forward_secrecy(self) -> bool | None:
        """Whether clients of today that offer forward secrecy get it, with TLS 1.2 too."""
        suite = self.suites.get(TLS12)
        if suite is not None:
            return suite in FORWARD_SECRET
        return self.versions[TLS13] if self.versions[TLS12] is False else None

    def doubt(self) -> None:
        """Take back refusals without a word: the server no longer answers anything."""
        numbers = {name: number for number, name in VERSIONS.items()}
        for subject in self.doubtful:
            if subject in numbers:
                number = numbers[subject]
                self.versions[number] = self.versions[number] or None
            elif subject in self.weak:
                self.weak[subject] = None
            else:
                self.static_rsa = None
        self.doubtful.clear()


async def survey(ask: Ask, found: Survey) -> None:
    """Ask one hello after another and write down what they say."""
    await _version(ask, found, TLS13)
    if found.group in HYBRID_GROUPS:
        reply = await ask(Offer(TLS13, MODERN, _CURVES))
        found.classical_group = reply.group if isinstance(reply, ServerHello) else None
    else:
        found.classical_group = found.group
    for version in (TLS12, TLS11, TLS10):
        await _version(ask, found, version)
    await _weak(ask, found)
    reply = await ask(Offer(TLS12, STATIC_RSA, _CURVES))
    found.static_rsa = _agreed(found, "static_rsa", reply, STATIC_RSA)


async def _version(ask: Ask, found: Survey, version: int) -> None:
    modern = version == TLS13
    offer = Offer(version, MODERN if modern else ORDINARY, _ALL_GROUPS if modern else _CURVES)
    reply = await ask(offer)
    name = VERSIONS[version]
    if not isinstance(reply, ServerHello):
        found.versions[version] = _no(found, name, reply)
    elif reply.version != version:
        found.versions[version] = False
        found.why[name] = f"{VERSIONS.get(reply.version, hex(reply.version))} was chosen instead"
    elif reply.suite not in offer.suites:
        found.why[name] = f"a cipher was chosen that was not offered: {suite_name(reply.suite)}"
    else:
        found.versions[version] = True
        found.suites[version] = reply.suite
        if modern:
            found.group = reply.group


async def _weak(ask: Ask, found: Survey) -> None:
    """Offer weak ciphers only; what is agreed to is left out the next time, until only worse is left."""
    left = list(WEAK)
    while left:
        offered = tuple(suite for kind in left for suite in WEAK[kind])
        reply = await ask(Offer(TLS12, offered, _CURVES))
        chosen = reply.suite if isinstance(reply, ServerHello) else None
        kind = next((kind for kind in left if chosen in WEAK[kind]), None)
        if kind is None or chosen is None:
            for each in left:
                found.weak[each] = _agreed(found, each, reply, offered)
            return
        found.weak[kind] = True
        if isinstance(reply, ServerHello) and reply.version in found.versions:
            found.versions[reply.version] = True  # a version that is spoken with nothing better
        found.weak_suites.append(chosen)
        if kind == left[0]:
            return  # nothing worse is left to be found
        left = left[: left.index(kind)]


def _agreed(found: Survey, subject: str, reply: Reply, offered: tuple[int, ...]) -> bool | None:
    if not isinstance(reply, ServerHello):
        return _no(found, subject, reply)
    if reply.suite in offered:
        return True
    found.why[subject] = f"a cipher was chosen that was not offered: {suite_name(reply.suite)}"
    return None


def _no(found: Survey, subject: str, reply: Refused | Unanswered) -> bool | None:
    found.why[subject] = reply.words
    if isinstance(reply, Unanswered):
        return None
    if not reply.sure:
        found.doubtful.append(subject)
    return False
