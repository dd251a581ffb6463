"""The front of a checkpoint: limits from end to end, and at each the choice that a compression makes."""

from __future__ import annotations

from pathlib import Path

import pytest

from lpzero.compression.choosing.counts import counts_of
from lpzero.compression.choosing.decide import decide
from lpzero.compression.choosing.fronts import check_number, front_of, limits_between
from lpzero.compression.choosing.menu import choose, menu_of
from lpzero.compression.job import look
from lpzero.errors import InputError
from tests.compression.choosing.test_menu import COUNTS, LAYOUT, layer_scores
from tests.compression.test_job import job_in


def test_limits_go_from_the_smallest_model_to_less_than_the_whole() -> None:
    menu = menu_of(LAYOUT, [layer_scores(layer) for layer in range(3)], (0, 2, 4))
    limits = limits_between(menu, COUNTS["params"], 4)
    # one group of one layer; the whole is 100 + 3 * (1 + 62 + 43)
    assert limits == (133, 204, 275, 346)
    assert choose(menu, COUNTS, {"params": limits[0]}).choice.kept
    with pytest.raises(InputError, match="the smallest possible is 133"):
        choose(menu, COUNTS, {"params": limits[0] - 1})


def test_every_point_is_the_choice_of_a_compression(tmp_path: Path) -> None:
    job = job_in(tmp_path, controls=False)
    shown = look(job.checkpoint, job.calibration, (), job.settings, "cpu")
    found = front_of("c", shown, job.settings, 4)
    params = counts_of(shown.model, shown.layout, context=8)["params"]
    assert found.full == params.of(shown.layout.everything)
    costs = [one.expected for one in found.points]
    assert costs == sorted(costs, reverse=True)
    for point in found.points:
        decided = decide(shown, job.settings, {"params": point.limit}, None).chosen
        assert point.parameters == params.of(decided.choice) <= point.limit
        assert point.expected == decided.selection.cost
        assert [(one.groups, one.neurons) for one in point.layers] == [
            (len(one.groups), len(one.neurons)) for one in decided.choice.layers
        ]


def test_one_limit_is_no_front() -> None:
    with pytest.raises(InputError, match="`front`: expected at least 2 limits, found 1"):
        check_number(1)
