"""What is told stays told: pending gives way to what came of it, and nothing else changes."""

from __future__ import annotations

import math

import pytest

from lpzero.acquisition.attempts import Attempt, AttemptStatus, Tried
from lpzero.errors import InputError
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace

OK, PENDING, DIVERGED = AttemptStatus.OK, AttemptStatus.PENDING, AttemptStatus.DIVERGED


@pytest.mark.parametrize(
    ("status", "quality", "said"),
    [
        (OK, None, "expected a quality with the status ok, found none"),
        (DIVERGED, 2.5, "expected no quality with the status diverged, found 2.5"),
        (PENDING, 2.5, "expected no quality with the status pending, found 2.5"),
        (OK, math.nan, "expected a finite quality, found nan: leave it out and say a status such as diverged"),
        (OK, math.inf, "expected a finite quality, found inf"),
    ],
)
def test_a_quality_goes_with_its_status(
    drawn: tuple[Architecture, ...], status: AttemptStatus, quality: float | None, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        Attempt(drawn[0], status, quality)


def test_pending_gives_way_and_never_comes_back(small: SearchSpace, drawn: tuple[Architecture, ...]) -> None:
    first, second, third, *_ = drawn
    tried = Tried(small).told([Attempt(one, PENDING) for one in (first, second, third)])
    tried = tried.told([Attempt(first, OK, 2.0), Attempt(second, DIVERGED), Attempt(first, PENDING)])
    assert [one.quality for one in tried.labelled] == [2.0]
    assert [one.architecture for one in tried.pending] == [third]
    assert tried.failed == 1
    assert tried.models == {small.model_key(one) for one in (first, second, third)}


@pytest.mark.parametrize(
    ("again", "found"),
    [(Attempt, "the quality 2.5"), (None, "the status diverged")],
)
def test_what_is_told_otherwise_is_refused(
    small: SearchSpace, drawn: tuple[Architecture, ...], again: object, found: str
) -> None:
    tried = Tried(small).told([Attempt(drawn[0], OK, 2.0)])
    assert tried.told([Attempt(drawn[0], OK, 2.0)]) == tried
    other = Attempt(drawn[0], DIVERGED) if again is None else Attempt(drawn[0], OK, 2.5)
    with pytest.raises(InputError, match=f"expected the quality 2, .* found {found}: keep one of the two"):
        tried.told([Attempt(drawn[1], OK, 1.0), other])
    assert len(tried.attempts) == 1


def test_what_is_outside_the_space_is_refused(small: SearchSpace) -> None:
    with pytest.raises(InputError):
        Tried(small).told([Attempt(Architecture.of("gpt2", {"d_model": 7}, [{"heads": 1}]), PENDING)])
