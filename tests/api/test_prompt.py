"""The prompt that is shown is the first that would be sent."""

from __future__ import annotations

from lpzero.api.prompt import shown_prompt
from lpzero.predictors.evaluation import published_splits
from lpzero.predictors.prompted.definitions import described
from lpzero.spaces import get_space
from lpzero.tables import load_table


def test_it_shows_the_demonstrations_of_the_first_draw_or_split() -> None:
    text = shown_prompt("gpt2-own", seed=3).messages[0].text
    assert text.count("Trained network ") == 10
    assert text != shown_prompt("gpt2-own", seed=4).messages[0].text


def test_it_shows_a_published_split() -> None:
    table, space = load_table("hat-mt-wmt14ende"), get_space("hat-mt")
    text = shown_prompt(table, split="published").messages[0].text
    first = published_splits(table)[0]
    for index in first.labelled:
        assert described(space, table.records[index].architecture) in text
    assert text.count("Trained network ") == 10
    assert "Each is a translation model of an encoder and a decoder" in text
    assert "- decoder layers: number of layers of the decoder; one of 1, 2, 3, 4, 5, 6" in text
