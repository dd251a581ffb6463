"""Models that are not ours."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lpzero.errors import LpzeroError
from lpzero.operands.batch import Batch
from lpzero.spaces.models.foreign import (
    Answering,
    guessed_objective,
)
from lpzero.spaces.models.vocabulary import guessed_vocabulary
from lpzero.spaces.reading.names import discover_sites


class Plain(nn.Module):
    """Logits from an embedding and a linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.out = nn.Embedding(13, 8), nn.Linear(8, 13)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, tokens) to (batch, tokens, vocabulary)."""
        return self.out(self.words(x))  # type: ignore[no-any-return]


def test_logits_become_the_loss_of_the_objective(tokens: Batch) -> None:
    model = Plain()
    logits = model(tokens.input_ids)
    causal = nn.functional.cross_entropy(logits[:, :-1].reshape(-1, 13), tokens.labels[:, 1:].reshape(-1))
    masked = nn.functional.cross_entropy(logits.reshape(-1, 13), tokens.labels.reshape(-1))
    for objective, wanted in (("causal", causal), ("masked", masked)):
        output = Answering(model, objective)(tokens.input_ids, tokens.labels)  # type: ignore[arg-type]
        torch.testing.assert_close(output.loss, wanted)


def test_a_model_is_called_with_what_it_takes(tokens: Batch) -> None:
    seen: dict[str, Any] = {}

    class Picky(Plain):
        def forward(self, input_ids: Tensor, output_attentions: bool = False) -> Any:  # type: ignore[override]
            seen.update(ids=input_ids, attentions=output_attentions)
            return SimpleNamespace(logits=super().forward(input_ids), attentions=("a",))

    output = Answering(Picky(), "causal")(tokens.input_ids, tokens.labels, output_attentions=True)
    assert seen["attentions"] is True
    assert output.attentions == ("a",)


@pytest.mark.parametrize("returned", [torch.ones(3, 4), None, {"logits": 1}, torch.ones(5, 6, 13)])
def test_what_is_no_loss_and_no_logits_is_refused(tokens: Batch, returned: Any) -> None:
    class Odd(Plain):
        def forward(self, x: Tensor) -> Any:
            return returned

    with pytest.raises(LpzeroError, match="expected the model to return a loss, or logits"):
        Answering(Odd(), "causal")(tokens.input_ids, tokens.labels)


def test_guesses() -> None:
    assert guessed_objective(Plain()) == "causal"
    assert guessed_objective(type("BertForMaskedLM", (nn.Module,), {})()) == "masked"
    assert guessed_vocabulary(Plain()) == 13
    with_config = Plain()
    with_config.config = SimpleNamespace(vocab_size=99)  # type: ignore[assignment]
    assert guessed_vocabulary(with_config) == 99
    with pytest.raises(LpzeroError, match="example_batch"):
        guessed_vocabulary(nn.Linear(2, 2))


def test_messages_name_the_model_and_not_what_makes_it_answer() -> None:
    class Bag(nn.Module):
        def forward(self, x: Tensor) -> Any:
            return x

    with pytest.raises(LpzeroError, match="found no blocks in Bag: "):
        discover_sites(Answering(Bag(), "causal"))
