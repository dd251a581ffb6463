"""What a reply took: sums, and estimates that say that they are some."""

from __future__ import annotations

import pytest

from lpzero.llm.reading import ReplyStatus
from lpzero.llm.reply import Reply, Usage, estimated_tokens, most_tokens


def test_usages_add_up_and_an_estimate_stays_one() -> None:
    assert Usage(1, 2) + Usage(3, 4) == Usage(4, 6)
    assert Usage(1, 2) + Usage(3, 4, estimated=True) == Usage(4, 6, estimated=True)
    assert Usage(3, 4).tokens == 7


@pytest.mark.parametrize("text", ["", "a", "estimate the BLEU score", "漢字", "\ud800"])
def test_an_estimate_is_below_the_bound(text: str) -> None:
    assert estimated_tokens(text) <= most_tokens(text)
    assert (estimated_tokens(text) == 0) == (text == "")


def test_a_reply_has_a_value_where_its_status_is_ok() -> None:
    assert Reply(ReplyStatus.OK, 1.0, "", "1", Usage(), "call", 1).ok
    assert not Reply(ReplyStatus.EMPTY, None, "nothing", "", Usage(), "call", 1).ok
