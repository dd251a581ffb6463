"""A model of the user's made ready: its objective and batch, what it lacks, and what is said of it."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lpzero.errors import InputError
from lpzero.operands.operand import EAGER
from lpzero.operands.probe import Probe
from lpzero.scoring.model import LoadedModel
from lpzero.scoring.reading import advised, read, refuse_unmade, too_long

PROBE = Probe(batch=2, tokens=8)


class _Words(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.words, self.out = nn.Embedding(13, 4), nn.Linear(4, 13)

    def forward(self, x: Tensor) -> Any:
        return self.out(self.words(x))


def _of(kind: str, head: str, **settings: Any) -> Any:
    import transformers

    config = transformers.AutoConfig.for_model(kind, **settings)
    with torch.random.fork_rng(devices=[]):
        return getattr(transformers, head).from_config(config, attn_implementation="eager")


XLM = {"emb_dim": 16, "n_layers": 1, "n_heads": 2, "vocab_size": 41, "n_langs": 1, "max_position_embeddings": 32}
BERT = {
    **{"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16},
    **{"vocab_size": 41, "max_position_embeddings": 32},
}


@pytest.mark.parametrize(
    ("kind", "head", "settings", "masked"),
    [
        ("xlm", "AutoModelForMaskedLM", XLM, True),
        ("xlm", "AutoModelForCausalLM", XLM, True),
        ("flaubert", "AutoModelForMaskedLM", {**XLM, "pre_norm": True}, True),
        ("bert", "AutoModelForMaskedLM", BERT, True),
        ("bert", "AutoModelForPreTraining", BERT, True),
        ("bert", "AutoModelForCausalLM", {**BERT, "is_decoder": True}, False),
        ("gpt2", "AutoModelForCausalLM", {"n_embd": 16, "n_layer": 1, "n_head": 2, "vocab_size": 41}, False),
        (
            "bart",
            "AutoModelForSeq2SeqLM",
            {"d_model": 16, "encoder_layers": 1, "decoder_layers": 1, "vocab_size": 41, "encoder_attention_heads": 2}
            | {"decoder_attention_heads": 2},
            False,
        ),
    ],
)
def test_transformers_says_what_a_model_predicts(kind: str, head: str, settings: dict[str, Any], masked: bool) -> None:
    found = read(LoadedModel(_of(kind, head, **settings)), PROBE)
    assert bool((found.batch.labels == -100).any()) is masked
    assert int(found.batch.input_ids.max()) < 41


def test_a_decoder_that_is_none_is_said_to_see_what_it_is_to_predict() -> None:
    for decoder, said in ((False, True), (True, False)):
        model = _of("bert", "AutoModelForCausalLM", **BERT, is_decoder=decoder)
        assert any("sees what it is to predict" in note for note in read(LoadedModel(model), PROBE).notes) is said
    assert read(LoadedModel(_of("bert", "AutoModelForMaskedLM", **BERT)), PROBE).notes == ()


def test_the_number_format_of_a_users_weights_is_said() -> None:
    assert read(LoadedModel(_Words()), PROBE).notes == ()
    assert read(LoadedModel(_Words().to(torch.bfloat16)), PROBE).notes == (
        "the pass runs in bfloat16, as the weights of the model are",
    )


def test_weights_that_are_not_made_are_refused_by_name() -> None:
    model = nn.Sequential(nn.Embedding(5, 3), nn.LazyLinear(3), nn.LazyBatchNorm1d(), nn.LazyLinear(5))
    with pytest.raises(InputError, match=r"modules without any \(1, 2, 3\): call the model once in build_model\(\)"):
        refuse_unmade(model)
    refuse_unmade(_Words())


def test_too_many_tokens_for_the_positions_are_known_by_trial() -> None:
    model = _of("bert", "AutoModelForMaskedLM", **BERT)
    error = too_long(read(LoadedModel(model), Probe(batch=1, tokens=40)))
    assert str(error) == "expected at most 32 tokens for this model, found 40: give `tokens` 32 or fewer"
    assert too_long(read(LoadedModel(model), Probe(batch=1, tokens=32))) is None


def test_an_example_is_read_with_the_axes_of_its_model() -> None:
    class TimeFirst(_Words):
        def forward(self, x: Tensor) -> Any:
            mean = self.words(x).cumsum(0)
            return self.out(mean)

    ids = torch.randint(13, (7, 3))
    found = read(LoadedModel(TimeFirst(), ids), PROBE)
    assert torch.equal(found.batch.input_ids, ids.T)
    assert "the model takes ids as (tokens, batch): it is given them so" in found.notes


def test_advice_is_for_the_model_at_hand() -> None:
    reason = f"the model shows no attention: expected it in `attentions` {EAGER}"
    assert advised(reason, _Words()) == "the model shows no attention: expected it in `attentions`"
    eager = _of("bert", "AutoModelForMaskedLM", **BERT)
    assert "eager already" in advised(reason, eager)
    eager.config._attn_implementation = "sdpa"
    assert advised(reason, eager) == reason
    assert advised("something else", _Words()) == "something else"
