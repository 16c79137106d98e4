"""What so many looks prove: the one-sided bounds of Clopper and Pearson (1934), without a library.

The chance of seeing at most ``bad`` of ``looks`` where a share ``chance`` is bad is an incomplete beta
function; it is computed by Lentz's continued fraction (Press et al., Numerical Recipes, 6.4), to about ten
digits.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from statistics import NormalDist

CONFIDENCE = 0.95
"""How sure a verdict is where nothing else was agreed: wrong once in 20 times at most."""


def at_most(bad: int, looks: int, chance: float) -> float:
    """The probability of at most ``bad`` among ``looks``, each of which is bad by ``chance``."""
    if bad >= looks or chance <= 0.0:
        return 1.0
    if bad < 0 or chance >= 1.0:
        return 0.0
    return _beta(looks - bad, bad + 1, 1.0 - chance)


def proves_at_most(bad: int, looks: int, share: float, confidence: float = CONFIDENCE) -> bool:
    """Whether so few bad ones would hardly be seen if more than ``share`` of all were bad."""
    if share >= 1.0:
        return True
    if share <= 0.0 or looks <= 0:
        return False
    return at_most(bad, looks, share) <= 1.0 - confidence + 1e-12


def proves_more_than(bad: int, looks: int, share: float, confidence: float = CONFIDENCE) -> bool:
    """Whether so many bad ones would hardly be seen if at most ``share`` of all were bad."""
    if looks <= 0 or bad <= 0 or share >= 1.0:
        return False
    return 1.0 - at_most(bad - 1, looks, share) <= 1.0 - confidence + 1e-12


def proves(up: int, down: int, target: float) -> bool:
    """Whether so few failures among so many visits would be seen at most once in 20 times below ``target``.

    That is the one-sided 95 % test of Clopper and Pearson (1934), and flatters where failures come together.
    """
    if not 0.0 < target < 1.0:
        return target <= 0.0
    return proves_at_most(down, up + down, 1.0 - target)


@lru_cache(maxsize=4096)
def upper(bad: int, looks: int, confidence: float = CONFIDENCE) -> float:
    """The largest share of bad ones that what was seen does not rule out."""
    if looks <= 0 or bad >= looks:
        return 1.0
    return _where(lambda chance: at_most(bad, looks, chance) <= 1.0 - confidence, bad / looks, 1.0)


@lru_cache(maxsize=4096)
def lower(bad: int, looks: int, confidence: float = CONFIDENCE) -> float:
    """The smallest share of bad ones that what was seen does not rule out."""
    if looks <= 0 or bad <= 0:
        return 0.0
    return _where(lambda chance: 1.0 - at_most(bad - 1, looks, chance) > 1.0 - confidence, 0.0, bad / looks)


@lru_cache(maxsize=1024)
def looks_needed(bad: int, share: float, confidence: float = CONFIDENCE) -> int | None:
    """How many looks prove that at most ``share`` are bad, ``bad`` of them bad; ``None``: none do."""
    if share <= 0.0:
        return None
    most = bad + 1
    while not proves_at_most(bad, most, share, confidence):
        most *= 2
    least = most // 2
    while most - least > 1:
        middle = (least + most) // 2
        if proves_at_most(bad, middle, share, confidence):
            most = middle
        else:
            least = middle
    return most


def students_t(confidence: float, freedom: float) -> float:
    """The quantile of Student's t, by its Cornish-Fisher expansion: good to 1 % from 4 degrees on."""
    z = NormalDist().inv_cdf(confidence)
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / freedom + second / freedom**2 + third / freedom**3


def _where(holds: Callable[[float], bool], low: float, high: float) -> float:
    """The smallest number from ``low`` to ``high`` for which something holds from there on."""
    for _ in range(60):
        middle = (low + high) / 2
        if holds(middle):
            high = middle
        else:
            low = middle
        if high - low <= 1e-9 * high:
            break
    return high


def _beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function I_x(a, b)."""
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(a, b, x) / a
    return 1.0 - front * _fraction(b, a, 1.0 - x) / b


def _fraction(a: float, b: float, x: float) -> float:
    tiny = 1e-300
    c, d = 1.0, 1.0 / _not_zero(1.0 - (a + b) * x / (a + 1), tiny)
    value = d
    for m in range(1, 100_000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for step in (even, odd):
            d = 1.0 / _not_zero(1.0 + step * d, tiny)
            c = _not_zero(1.0 + step / c, tiny)
            value *= d * c
        if abs(d * c - 1.0) < 1e-13:
            break
    return value


def _not_zero(number: float, tiny: float) -> float:
    return number if abs(number) > tiny else tiny
