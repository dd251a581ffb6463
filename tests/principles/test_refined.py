"""A space within principles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lpzero.errors import InputError, NoResultError
from lpzero.principles.file import write_principles
from lpzero.principles.refined import refined, refined_by_file, refined_by_settings
from lpzero.spaces import get_space
from tests.principles.test_check import DEEP, made

SPACE = get_space("flexibert")
MEAN = {"op": "ge", "feature": "heads.mean", "value": 3.5}
WIDE = {"op": "eq", "feature": "hidden_size", "value": 256}


def drawn(*listed: dict[str, Any], explore: float = 0.1, number: int = 300) -> tuple[Any, list[Any]]:
    within = refined(SPACE, made(*listed).model_copy(update={"explore": explore}), "file")
    rng = np.random.default_rng(0)
    return within, [within.draw(rng) for _ in range(number)]


def test_hard_rules_filter() -> None:
    within, found = drawn({"rule": DEEP}, {"rule": MEAN}, number=100)
    assert all(within.holds(one) and one.depth == 4 and sum(one.integers("heads")) >= 14 for one in found)
    assert len(set(found)) > 90
    assert not within.holds(SPACE.sample(np.random.default_rng(1), SPACE.cells[0]))


@pytest.mark.parametrize(("explore", "share"), [(0.0, 0.8), (1.0, 0.5), (0.5, 0.65)])
def test_soft_rules_weigh(explore: float, share: float) -> None:
    """Four times as often, where half of the space keeps it: 4 of 5 draws."""
    within, found = drawn({"rule": WIDE, "strength": "soft", "weight": 4.0}, explore=explore, number=600)
    assert np.mean([one["hidden_size"] == 256 for one in found]) == pytest.approx(share, abs=0.06)
    assert {within.weight(one) for one in found} == {1.0, 4.0}
    assert all(within.holds(one) for one in found)


def test_nothing_is_left() -> None:
    counts = [{"op": "count_ge", "feature": "heads", "values": [value], "number": 3} for value in (2, 4)]
    assert drawn(*({"rule": rule} for rule in counts), number=1)[1] == [None]


def test_what_is_unusable_is_refused() -> None:
    with pytest.raises(InputError, match=r"^file: space\.name"):
        refined(get_space("gpt2"), made({"rule": DEEP}), "file")


def test_of_a_table_those_that_keep_the_hard_rules_are_left() -> None:
    within = refined(SPACE, made({"rule": DEEP}, {"rule": WIDE, "strength": "soft", "weight": 4.0}), "file")
    listed = [SPACE.sample(np.random.default_rng(seed)) for seed in range(30)]
    assert within.inside(listed, "t") == [place for place, one in enumerate(listed) if one.depth == 4]
    shallow = [one for one in listed if one.depth != 4]
    with pytest.raises(NoResultError, match=r"^no architecture of t keeps the `principles`: relax one$"):
        within.inside(shallow, "t")


def test_the_settings_of_a_run_keep_what_the_file_says(tmp_path: Path) -> None:
    file = tmp_path / "p.json"
    write_principles(file, made({"rule": DEEP}))
    within = refined_by_file(SPACE, file)
    assert refined_by_settings(SPACE, within.document) == within
    assert refined_by_settings(SPACE, None) is None
    with pytest.raises(InputError, match=r"^`principles`: space\.name"):
        refined_by_settings(get_space("gpt2"), within.document)
