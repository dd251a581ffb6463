"""What is suggested has a value, an interval and a chance where there are labels, and none of them before."""

from __future__ import annotations

from collections.abc import Callable

from lpzero.acquisition.suggester import Suggester
from lpzero.acquisition.suggestion import LABELS, START, Batch
from lpzero.spaces.architecture import Architecture


def test_numbers_go_with_labels(asks: Callable[..., Suggester], loss: Callable[[Architecture], float]) -> None:
    one = asks()
    batches: list[Batch] = []
    for _ in range(4):
        batches.append(one.ask(4))
        for each in batches[-1].suggestions:
            one.tell(each.architecture, loss(each.architecture))
    assert [batch.suggestions[0].by for batch in batches] == [START, LABELS, LABELS, LABELS]
    for batch in batches:
        for each in batch.suggestions:
            numbers = (each.value, each.low, each.high, each.chance)
            if each.by == START:
                assert numbers == (None,) * 4
            else:
                assert each.value is not None
                assert each.low is not None
                assert each.high is not None
                assert each.low < each.value < each.high
                assert 0 <= (each.chance or 0) <= (batch.chance or 0) <= 1
        assert batch.left_out == 0
    assert [batch.candidates for batch in batches] == [40, 36, 32, 28]
