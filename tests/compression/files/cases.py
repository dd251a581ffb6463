"""Tiny checkpoints on disk with what is cut out of them, and a tokenizer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from lpzero.compression.cutting.choice import Choice, LayerChoice
from lpzero.compression.cutting.cut import cut
from lpzero.compression.cutting.layout import Layout, read_layout
from lpzero.compression.files.smaller import Smaller
from tests.compression.tiny import tiny

FULL = {"llama": {"attention_bias": False, "mlp_bias": False}, "mistral": {"sliding_window": None}}
"""Settings under which every form can say a family."""


def unlike(layout: Layout) -> Choice:
    """No attention first, no feed-forward then, some of both last."""
    every = tuple(range(layout.groups))
    return Choice((LayerChoice(0, (), (1, 2, 5)), LayerChoice(1, (1,), ()), LayerChoice(2, every, (0, 3, 4, 7))))


def shallow(layout: Layout) -> Choice:
    """The second layer is gone."""
    every, neurons = tuple(range(layout.groups)), tuple(range(layout.neurons))
    return Choice((LayerChoice(0, every, neurons), LayerChoice(1, (), ()), LayerChoice(2, every, neurons)))


def narrow(layout: Layout) -> Choice:
    """Every layer has one group and four neurons."""
    return Choice(tuple(LayerChoice(i, (i % layout.groups,), (0, 1, i + 2, 8)) for i in range(layout.depth)))


def half(layout: Layout) -> Choice:
    """Every layer has all groups and four neurons."""
    every = tuple(range(layout.groups))
    return Choice(tuple(LayerChoice(i, every, (0, 1, i + 2, 8)) for i in range(layout.depth)))


CHOICES = {"unlike": unlike, "shallow": shallow, "narrow": narrow, "half": half}


def smaller(folder: Path, family: str = "llama", choice: str = "unlike", **settings: Any) -> Smaller:
    """What is cut out of a tiny checkpoint, which is written to a folder that is not there yet."""
    model: Any = tiny(family, **{**FULL.get(family, {}), **settings})
    model.save_pretrained(folder)
    layout = read_layout(model)
    chosen = CHOICES[choice](layout)
    return Smaller(cut(model, layout, chosen), layout, chosen, folder)


def logits(model: Any, ids: torch.Tensor) -> torch.Tensor:
    """What a model says of ids."""
    with torch.no_grad():
        found: torch.Tensor = model(input_ids=ids).logits
    return found


def write_tokenizer(folder: Path, text: str = "the cat sat on the mat, and that was that. 12 34") -> None:
    """A byte-level encoding of 280 ids at most, with one special token."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=280,
        special_tokens=["<end>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([text] * 3, trainer)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(
        '{"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<end>", "model_max_length": 32}'
    )
