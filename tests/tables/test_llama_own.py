"""The table `llama-own`: what its card promises follows from its checkpoint, and transformers reads that as well."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats
from subnetworks import WHOLE, drawn_subnetworks, held_out, whole_architecture
from supernet import SAMPLING, validation_loss

from lpzero.spaces import Architecture, get_space
from lpzero.spaces.llama.plan import BASES
from lpzero.spaces.llama.space import OWN_DIGEST, OWN_FOLDER, Llama
from lpzero.tables import load_table, load_trained
from lpzero.tables.folder import CARD, RECORDS, FolderTable, read_folder
from lpzero.tables.locate import bundled_folder
from lpzero.training.card import figures
from lpzero.training.corpus import Corpus, read_corpus
from lpzero.training.verification import verify

NAME = "llama-own"
SPACE = Llama("own")


@pytest.fixture(scope="module")
def held() -> FolderTable:
    return read_folder(bundled_folder(NAME))


@pytest.fixture(scope="module")
def supernet(held: FolderTable) -> dict[str, Any]:
    assert held.card.supernet is not None
    return held.card.supernet


@pytest.fixture(scope="module")
def corpus(data: Path) -> Corpus:
    return read_corpus(data / "text" / "wikitext2-test.txt", validation=data / "text" / "wikitext2-valid.txt")


def test_every_figure_of_the_card_follows_from_the_records() -> None:
    found = verify(NAME)
    assert found["faults"] == []
    assert found["records"] == 129
    assert found["figures"] > 50


def test_it_is_small() -> None:
    folder = bundled_folder(NAME)
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert files == {CARD, RECORDS, "checkpoint/config.json", "checkpoint/model.safetensors"}
    assert sum((folder / file).stat().st_size for file in files) < 3_000_000


def test_it_has_sub_networks_of_every_depth_and_the_whole(held: FolderTable) -> None:
    assert (held.recipe, held.trainings, held.table.n) == (None, (), 129)
    architectures = {record.id: record.architecture for record in held.table.records}
    assert architectures == drawn_subnetworks(SPACE, 128, seed=0)
    assert architectures[WHOLE] == whole_architecture(BASES["own"])
    depths = [architecture.depth for architecture in architectures.values()]
    assert {depth: depths.count(depth) for depth in range(2, 7)} == {2: 26, 3: 26, 4: 25, 5: 26, 6: 26}
    assert len({SPACE.model_key(architecture) for architecture in architectures.values()}) == 129


def test_its_losses_are_worth_ranking(held: FolderTable, supernet: dict[str, Any]) -> None:
    entropy = supernet["recipe"]["unigram_entropy"]
    qualities = held.table.qualities
    assert qualities.max() < entropy - 1
    assert qualities.std() > 0.1
    assert held.table.records[0].quality == qualities.min()
    assert held.card.figures["noise"] is None


def test_the_weights_are_those_of_the_card(supernet: dict[str, Any]) -> None:
    weights = (bundled_folder(NAME) / supernet["weights"]).read_bytes()
    assert hashlib.sha256(weights).hexdigest() == supernet["weights_sha256"]
    assert supernet["checkpoint_digest"] == OWN_DIGEST
    assert bundled_folder(NAME) / "checkpoint" == OWN_FOLDER


def test_the_recipe_is_on_the_card(supernet: dict[str, Any]) -> None:
    gpt2 = load_trained("gpt2-own")[2]
    assert gpt2 is not None
    recipe = supernet["recipe"]
    for name in ("train_sha256", "validation_sha256", "tokenizer_sha256", "tokens", "vocabulary", "unigram_entropy"):
        assert recipe[name] == getattr(gpt2, name), name
    assert supernet["validation"] == {
        "sequences": gpt2.validation_sequences,
        "length": gpt2.length,
        "seed": gpt2.seed,
    }
    assert supernet["sampling"] == SAMPLING
    assert supernet["base"] == json.loads(json.dumps(vars(BASES["own"])))
    assert [step for step, _ in supernet["curve"]] == recipe["points"]


def test_the_notes_are_as_the_records_have_it() -> None:
    table = load_table(NAME)
    first = np.array([record.architecture.layer(0)["intermediate_size"] for record in table.records])
    baselines = figures(table, "own")["baselines"]
    tau_b = stats.kendalltau(first, table.oriented).statistic
    assert tau_b == pytest.approx(0.53, abs=0.005)
    assert tau_b > max(abs(row["tau_b"]) for row in baselines.values() if row["tau_b"] is not None)
    assert baselines["params"]["tau_a"] == pytest.approx(0.45, abs=0.005)
    assert baselines["depth"]["tau_a"] == pytest.approx(0.31, abs=0.006)
    assert baselines["width"]["status"] == "constant"
    text = " ".join(table.notes)
    assert all(part in text for part in ("tau-a of .45, the depth .31", "tau-b of .53", "no noise of training"))


def test_sub_networks_reach_their_losses_again(held: FolderTable, corpus: Corpus) -> None:
    batches = held_out(corpus)[1]
    for record in (held.table.records[0], held.table.records[17]):
        loss = validation_loss(SPACE.build(record.architecture, 0), batches)
        assert loss == pytest.approx(record.quality, rel=1e-4)


def test_transformers_finds_the_same_perplexity(held: FolderTable, corpus: Corpus) -> None:
    from transformers import LlamaForCausalLM

    theirs = LlamaForCausalLM.from_pretrained(OWN_FOLDER, dtype=torch.float32).eval()
    rows = held_out(corpus)[1]
    with torch.no_grad():
        losses = [float(theirs(input_ids=ids, labels=labels).loss) for ids, labels in rows]
    assert math.exp(np.mean(losses)) == pytest.approx(math.exp(held.table.records[0].quality), rel=1e-4)


def test_the_seed_of_a_build_changes_nothing() -> None:
    space = get_space("llama", "own")
    architecture = Architecture.from_json(whole_architecture(BASES["own"]).to_json())
    one, other = (space.build(architecture, seed) for seed in (1, 2))
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))
