"""What the laws have in common."""

from __future__ import annotations

import random

import pytest

from lpzero.testing.laws import law, random_states_kept


def test_a_law_says_its_sentence_where_it_does_not_hold() -> None:
    law(1, "one is true")
    with pytest.raises(AssertionError, match=r"^zero is true$"):
        law(0, "zero is true")


def test_who_draws_from_a_global_state_is_told_which() -> None:
    sentence = "it leaves the global random state of Python as it was"
    with pytest.raises(AssertionError, match=sentence), random_states_kept("it"):
        random.random()
