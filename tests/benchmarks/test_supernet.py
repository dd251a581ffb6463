"""The super-network's training and the measurement of its sub-networks: what each step trains, and what is kept."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import supernet
import torch
from safetensors.torch import load_file
from subnetworks import (
    WHOLE,
    drawn_subnetworks,
    held_out,
    measure,
    supernet_document,
    whole_architecture,
    write_checkpoint,
)
from supernet import drawn, train_supernet, validation_loss

from lpzero.errors import InputError
from lpzero.spaces.llama.model import LlamaModel
from lpzero.spaces.llama.plan import BASES
from lpzero.spaces.llama.space import Llama, open_subnetworks
from lpzero.tables.recipe import Recipe
from lpzero.training.corpus import Corpus, read_corpus
from lpzero.training.scale import Scale, recipe

SPACE = Llama("own")


class _KilledError(Exception):
    """Ends a training from outside."""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    path = tmp_path_factory.mktemp("text") / "corpus.txt"
    words = np.random.default_rng(0).choice(["one", "two", "three", "of", "the"], size=3000)
    path.write_text(" ".join(words))
    return read_corpus(path)


def short(corpus: Corpus, steps: int = 12, seed: int = 0) -> Recipe:
    written = recipe("llama", "causal", corpus, Scale(steps, batch=2, length=8, learning_rate=1e-2, seed=seed))
    return replace(written, validation_sequences=4)


def trained(corpus: Corpus, path: Path, given: Recipe | None = None, *, until: int | None = None) -> LlamaModel:
    def progress(step: int, steps: int, loss: float) -> None:
        assert steps == 12
        assert math.isfinite(loss)
        if step == until:
            raise _KilledError

    return train_supernet(SPACE, given or short(corpus), corpus, path, progress=progress)[0]


def test_a_training_that_was_killed_ends_as_if_it_had_not_been(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supernet, "EVERY", 5)
    whole = trained(corpus, tmp_path / "a.safetensors")
    with pytest.raises(_KilledError):
        trained(corpus, tmp_path / "b.safetensors", until=8)
    again = trained(corpus, tmp_path / "b.safetensors")
    states = [load_file(tmp_path / name) for name in ("a.safetensors", "b.safetensors")]
    assert states[0].keys() == states[1].keys()
    assert all(torch.equal(tensor, states[1][name]) for name, tensor in states[0].items())
    assert all(torch.equal(one, other) for one, other in zip(whole.parameters(), again.parameters(), strict=True))
    # a third call has nothing left to do
    model, curve = train_supernet(
        SPACE, short(corpus), corpus, tmp_path / "b.safetensors", progress=lambda *_: pytest.fail("a step")
    )
    assert [step for step, _ in curve] == list(short(corpus).points)
    assert not model.training


def test_a_state_of_another_recipe_is_refused(corpus: Corpus, tmp_path: Path) -> None:
    path = tmp_path / "state.safetensors"
    trained(corpus, path)
    other = short(corpus, seed=1)
    with pytest.raises(InputError, match=f"expected a state of the recipe {other.digest}, found one of"):
        trained(corpus, path, other)
    for spoiled in (path.read_bytes()[:-9], b"", b"x" * 50):
        path.write_bytes(spoiled)
        with pytest.raises(InputError, match="found a damaged file"):
            trained(corpus, path)


def test_every_other_step_trains_the_whole_model(corpus: Corpus) -> None:
    given = short(corpus)
    steps = [drawn(SPACE, given, step) for step in range(1, 61)]
    assert all(architecture is None for architecture in steps[::2])
    parts = [architecture for architecture in steps[1::2] if architecture is not None]
    assert len(set(parts)) == 30
    assert {part.depth for part in parts} == {2, 3, 4, 5, 6}
    assert steps == [drawn(SPACE, given, step) for step in range(1, 61)]


def test_a_step_on_a_sub_network_leaves_the_rest_as_it_was(corpus: Corpus, tmp_path: Path) -> None:
    given = short(corpus)
    state = supernet._begin(SPACE, given, tmp_path / "state.safetensors")
    state.step = next(step for step in range(2, 60, 2) if len(getattr(drawn(SPACE, given, step), "layers", ())) < 6)
    # without decay, and without moments of earlier steps, only a gradient moves a weight
    state.optimiser = torch.optim.AdamW(state.model.parameters(), lr=0.01, weight_decay=0.0)
    before = {name: parameter.detach().clone() for name, parameter in state.model.named_parameters()}
    supernet._train_step(state, SPACE, given, supernet.training_batch(given, corpus, state.step))
    after = dict(state.model.named_parameters())
    moved = {name for name, weight in before.items() if not torch.equal(after[name], weight)}
    part = drawn(SPACE, given, state.step)
    assert part is not None
    assert len([name for name in moved if name.endswith("gate.weight")]) == part.depth < 6
    rows = (after["blocks.0.feed_forward.gate.weight"] != before["blocks.0.feed_forward.gate.weight"]).any(1)
    assert int(rows.sum()) == part.layer(0)["intermediate_size"]


def test_the_loss_is_the_mean_over_all_that_is_predicted(corpus: Corpus, tmp_path: Path) -> None:
    model = trained(corpus, tmp_path / "s.safetensors")
    ids = torch.from_numpy(corpus.validation[: 7 * 8].reshape(7, 8))
    logits = model.logits(ids)[:, :-1].log_softmax(-1)
    expected = -logits.gather(-1, ids[:, 1:, None]).mean().item()
    # rows weigh alike in batches of any size
    assert validation_loss(model, [(ids[:5], ids[:5]), (ids[5:], ids[5:])]) == pytest.approx(expected, rel=1e-5)


def test_the_checkpoint_is_the_model_in_half_precision_and_its_parts_are_measured(
    corpus: Corpus, tmp_path: Path
) -> None:
    from transformers import LlamaForCausalLM

    model = trained(corpus, tmp_path / "s.safetensors")
    write_checkpoint(tmp_path / "checkpoint", model)
    space = open_subnetworks(tmp_path / "checkpoint")
    assert space.base == BASES["own"]
    held = [(torch.from_numpy(corpus.validation[None, :40]),) * 2]
    architectures = drawn_subnetworks(space, 6, seed=0)
    assert list(architectures) == [WHOLE, "0000", "0001", "0002", "0003", "0004", "0005"]
    assert len({architecture.depth for architecture in architectures.values()}) == 5
    told: list[tuple[int, int]] = []
    records = list(measure(space, architectures, held, progress=lambda *n: told.append(n)))
    assert told == [(done, 7) for done in range(1, 8)]
    assert records[0].architecture == whole_architecture(space.base).to_json()
    theirs = LlamaForCausalLM.from_pretrained(tmp_path / "checkpoint", dtype=torch.float32)
    with torch.no_grad():
        loss = theirs(input_ids=held[0][0], labels=held[0][0]).loss.item()
    assert records[0].quality == pytest.approx(loss, rel=1e-5)
    assert records[0].quality == pytest.approx(validation_loss(model, held), abs=0.01)
    used = held_out(corpus)[0]
    document = supernet_document(tmp_path / "checkpoint", space.base, short(corpus), used, ((12, 1.5),))
    assert json.loads(json.dumps(document)) == document
    assert document["checkpoint_digest"] == space.protocol.removeprefix("subnet-")
