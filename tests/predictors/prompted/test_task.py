"""What is asked for says what a table measured, and not which one it is."""

from __future__ import annotations

from lpzero.predictors.prompted.task import Task, kind_of
from lpzero.spaces import get_space
from lpzero.tables import load_table


def test_a_table_says_what_is_estimated_and_not_its_name() -> None:
    assert Task.of(load_table("gpt2-own")) == Task("validation loss", "nats a byte", False)
    assert kind_of(get_space("flexibert", "own")) == "masked language model"
    assert kind_of(get_space("gpt2", "own")) == "causal language model"
