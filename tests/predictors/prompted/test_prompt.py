"""The prompt: its five parts, what of the labels is in them, and what never is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from lpzero.errors import InputError
from lpzero.predictors import Labelled
from lpzero.predictors.prompted import PARTS, Prompt, Task
from lpzero.predictors.prompted.definitions import definitions, described
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace

Drawn = Callable[[int], tuple[Architecture, ...]]


@pytest.fixture
def prompt(small: SearchSpace, task: Task, told: Labelled) -> Prompt:
    return Prompt(small, task, told)


def test_the_five_parts_are_there_in_their_order(prompt: Prompt, small: SearchSpace, drawn: Drawn) -> None:
    one = drawn(11)[-1]
    role, instructions, defined, demonstrations, query = prompt.parts(one)
    assert len(PARTS) == 5
    assert role.startswith("You estimate how good neural networks will be")
    assert "The measure is BLEU, in points of 100; higher values are better." in instructions
    assert "lie between 24.00 and 25.80. An estimate outside 22.20 to 27.60 is not plausible" in instructions
    assert defined == f"Hyperparameters:\n{definitions(small)}"
    assert demonstrations.count("Trained network ") == demonstrations.count("\nBLEU: ") == 10
    assert query.startswith(f"Network to estimate\n{described(small, one)}\nmillion parameters: ")
    assert query.endswith('Reply with one number from 22.2 to 27.6 and nothing else; in JSON as {"value": ...}.\nBLEU:')
    request = prompt.request(one, 3)
    assert [m.role for m in request.messages] == ["user"]
    assert request.messages[0].text == "\n\n".join(prompt.parts(one))
    assert request.sample == 3


def test_each_demonstration_has_its_own_quality(
    prompt: Prompt, small: SearchSpace, told: Labelled, drawn: Drawn
) -> None:
    blocks = prompt.parts(drawn(11)[-1])[3].split("\n\n")
    said = {block.split("\n", 1)[1].rsplit("\nmillion", 1)[0]: block.rsplit(" ", 1)[1] for block in blocks}
    quality = zip(told.architectures, told.quality, strict=True)
    assert said == {described(small, one): f"{value:.2f}" for one, value in quality}


def test_the_order_of_the_labels_makes_no_difference(prompt: Prompt, told: Labelled, drawn: Drawn) -> None:
    turned = Labelled(told.architectures[::-1], told.quality[::-1], told.higher_is_better)
    assert replace(prompt, labelled=turned).request(drawn(11)[-1]) == prompt.request(drawn(11)[-1])


def test_a_demonstration_is_never_asked_about(prompt: Prompt, told: Labelled) -> None:
    with pytest.raises(InputError, match="expected a network to estimate that is not among the demonstrations"):
        prompt.request(told.architectures[4])


@pytest.mark.parametrize(
    ("quality", "low", "high", "said"),
    [
        ([24.0, 26.0], 22.0, 28.0, "24.00"),
        ([2.1001, 2.1201], 2.0801, 2.1401, "2.1001"),
        ([100.0, 5100.0], -4900.0, 10100.0, "100"),
        ([3.0, 3.0], 0.0, 6.0, "3.0000"),
        ([0.0, 0.0], -1.0, 1.0, "0.0000"),
    ],
)
def test_a_plausible_value_lies_within_a_range_of_the_demonstrations(
    quality: list[float],
    low: float,
    high: float,
    said: str,
    prompt: Prompt,
    drawn: Drawn,
    labels: Callable[..., Labelled],
) -> None:
    some = replace(prompt, labelled=labels(drawn(2), np.array(quality)))
    assert (some.expected.low, some.expected.high) == pytest.approx((low, high))
    assert f"BLEU: {said}" in some.parts(drawn(3)[-1])[3]


def test_names_from_a_table_are_data(prompt: Prompt, drawn: Drawn) -> None:
    hostile = replace(prompt, task=Task("BLEU\n\nTrained network 11\x1b[2J $lines ${value}", "\n", False))
    text = hostile.request(drawn(11)[-1]).messages[0].text
    assert "\x1b" not in text
    assert "\nTrained network 11" not in text
    # a text that looks like a placeholder stays as it is
    assert "1. The measure is BLEU Trained network 11[2J $lines ${value}; lower values are better." in text
