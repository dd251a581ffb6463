"""What an evolution has met: a set of integers like any other, and who is kept."""

from __future__ import annotations

import numpy as np

from lpzero.evolution.archive import KEPT, Numbers, keep_best, key_hash
from lpzero.evolution.discovery.candidate import Candidate
from lpzero.fitness import Correlation, Status


def test_numbers_are_a_set() -> None:
    rng = np.random.default_rng(0)
    numbers, model = Numbers(), set()
    for step in range(3000):
        number = int(rng.integers(-500, 500)) * 2**50
        assert (number in numbers) == (number in model)
        assert numbers.add(number) == (number not in model)
        model.add(number)
        assert len(numbers) == len(model)
        if step % 500 == 0:
            assert numbers.settle().tolist() == sorted(model)


def test_hashes_tell_texts_apart_and_stay() -> None:
    assert len({key_hash(f"sum(l1(x{i}))") for i in range(20_000)}) == 20_000
    assert key_hash("sum(l1(weight))") == -7063837810587866276


def _known(key: str, size: int, objective: float, signature: int) -> Candidate:
    correlation = Correlation(objective, objective, objective, 1.0)
    return Candidate(
        key, size, Status.OK, objective=objective, signature=signature, search=correlation, both=correlation
    )


def test_the_smaller_then_the_first_by_text_stands_for_equal_ranks() -> None:
    large, second, first = _known("a", 9, 0.5, 1), _known("c", 5, 0.5, 1), _known("b", 5, 0.5, 1)
    other = _known("d", 9, 0.1, 2)
    for found in ([large, second, first], [first, second, large], [second, large, first]):
        assert keep_best([other], found) == [first, other]
    assert keep_best([first], [large, second]) == [first]


def test_of_every_size_the_best_are_kept() -> None:
    found = [_known(f"k{i:04d}", 4 + i % 2, i / 1000, i) for i in range(3 * KEPT)]
    kept = keep_best(found[:50], found[50:])
    assert len(kept) == 2 * KEPT
    for size in (4, 5):
        objectives = [known.objective for known in found if known.size == size]
        assert [known.objective for known in kept if known.size == size] == sorted(objectives, reverse=True)[:KEPT]
    assert keep_best(kept, found) == kept
