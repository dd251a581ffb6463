"""The tables that come with the package: what they promise, and that their recipe gives their losses again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from lpzero.fitness.strata import equal, matched, mean_over
from lpzero.spaces import get_space
from lpzero.tables import load_table, load_trained
from lpzero.tables.folder import CARD, RECORDS, FolderTable, read_folder
from lpzero.tables.locate import bundled_folder
from lpzero.training.card import figures
from lpzero.training.corpus import read_corpus
from lpzero.training.verification import verify

NAMES = ("flexibert-own", "gpt2-own", "llama-scratch-own", "rnn-own")
EACH = pytest.mark.parametrize("name", NAMES)


@pytest.fixture(scope="module", params=NAMES)
def held(request: pytest.FixtureRequest) -> FolderTable:
    """A bundled table with its card."""
    return read_folder(bundled_folder(request.param))


@EACH
def test_every_figure_of_the_card_follows_from_the_records(name: str) -> None:
    found = verify(name)
    assert found["faults"] == []
    assert found["figures"] > 50


def test_they_are_small_and_hold_nothing_else() -> None:
    folder = bundled_folder(NAMES[0]).parent
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    # its checkpoint has a test of its own
    files = {file for file in files if not file.startswith("llama-own/")}
    assert files == {f"{name}/{file}" for name in NAMES for file in (CARD, RECORDS)}
    assert sum((folder / file).stat().st_size for file in files) < 1_000_000


def test_they_are_large_enough(held: FolderTable) -> None:
    noise = held.card.figures["noise"]
    assert held.table.n >= 128
    assert noise["repeated"] >= 24
    assert noise["ceiling"] >= 0.85


def test_they_were_trained_long_enough(held: FolderTable) -> None:
    training = held.card.figures["training"]
    assert training["below_unigram"] >= 0.95
    assert training["half_to_end"] >= 0.8


def test_every_depth_with_every_width_is_there(held: FolderTable) -> None:
    space = get_space(held.table.space, held.table.protocols[0])
    found = {(record.architecture.depth, space.width(record.architecture)) for record in held.table.records}
    assert len(found) == len(space.cells)
    models = {space.model_key(record.architecture) for record in held.table.records}
    assert len(models) == held.table.n


def test_the_known_fault_of_gpt2_own_is_as_its_note_says() -> None:
    table = load_table("gpt2-own")
    widths = np.array([record.architecture["d_model"] for record in table.records])
    depths = np.array([record.architecture.depth for record in table.records])
    assert stats.kendalltau(widths, table.oriented).statistic == pytest.approx(0.72, abs=0.005)
    inside = [stats.kendalltau(depths[widths == w], table.oriented[widths == w]).statistic for w in np.unique(widths)]
    assert len(inside) == 5
    assert sum(tau < 0 for tau in inside) == 4
    shallow = stats.kendalltau(1000 * widths - depths, table.oriented)
    assert shallow.statistic == pytest.approx(0.686, abs=0.005)
    baselines = figures(table, "own")["baselines"]
    assert baselines["width"]["tau_b"] == pytest.approx(0.72, abs=0.005)
    assert baselines["width"]["tau_a"] == pytest.approx(0.65, abs=0.005)
    assert baselines["width_then_shallow"]["tau_a"] == pytest.approx(0.68, abs=0.005)
    assert baselines["width_then_shallow"]["tau_b"] == pytest.approx(shallow.statistic, abs=1e-6)
    assert any(
        "tau-b of .72" in note and "four of the five" in note and ".68, against .65" in note for note in table.notes
    )


def test_the_known_faults_of_llama_scratch_own_are_as_its_notes_say() -> None:
    table, space = load_table("llama-scratch-own"), get_space("llama", "scratch")
    architectures = [record.architecture for record in table.records]
    sizes = np.array([space.parameter_counts(architecture)["nonembedding"] for architecture in architectures])
    widths = np.array([space.width(architecture) for architecture in architectures])
    depths = np.array([architecture.depth for architecture in architectures])
    pairs = matched(sizes)
    assert pairs.sum() / (table.n * (table.n - 1)) == pytest.approx(0.33, abs=0.005)
    everywhere = equal(np.zeros(table.n))

    def signs(values: np.ndarray) -> np.ndarray:
        return np.sign(values[:, None] - values)

    for scores, counted, tau_a in (
        (widths, everywhere, 0.69),
        (widths, pairs, 0.63),
        (sizes, pairs, -0.02),
        (depths, pairs, -0.57),
        (widths * 1e9 + sizes, everywhere, 0.78),
    ):
        assert mean_over(counted, signs(scores) * signs(table.oriented)) == pytest.approx(tau_a, abs=0.006)
    for width in np.unique(widths):
        inside = widths == width
        assert stats.kendalltau(depths[inside], table.oriented[inside]).statistic > 0


@pytest.mark.slow
def test_three_architectures_reach_their_losses_again(held: FolderTable, data: Path) -> None:
    from lpzero.engines import single_threaded
    from lpzero.spaces.architecture import Architecture
    from lpzero.training.train import train

    recipe = held.recipe
    assert recipe is not None
    corpus = read_corpus(data / "text" / "wikitext2-test.txt", validation=data / "text" / "wikitext2-valid.txt")
    assert (corpus.train_sha256, corpus.validation_sha256) == (recipe.train_sha256, recipe.validation_sha256)
    space = get_space(recipe.space, recipe.protocol)
    tolerance = 1e-3 if recipe.device == "cpu" else 0.02
    for training in (held.trainings[0], held.trainings[20], held.trainings[-1]):
        architecture = Architecture.from_json(training.architecture)
        with single_threaded():
            again = train(space, architecture, recipe, corpus, seed=training.seed)
        assert again.loss == pytest.approx(training.loss, rel=tolerance)


def test_the_known_faults_of_flexibert_own_are_as_its_notes_say() -> None:
    found = figures(load_table("flexibert-own"), "own", *load_trained("flexibert-own")[1:])
    convolutions = found["operations"]["DSC"]["tau_b"]
    assert convolutions == pytest.approx(0.48, abs=0.005)
    assert convolutions > max(abs(row["tau_b"]) for row in found["baselines"].values())
    noise = found["noise"]
    assert noise["normality"] < 0.01
    assert (noise["ceiling"], noise["ceiling_if_normal"]) == pytest.approx((0.864, 0.844), abs=0.006)


def test_the_known_faults_of_rnn_own_are_as_its_notes_say() -> None:
    table = load_table("rnn-own")
    found = figures(table, "own", *load_trained("rnn-own")[1:])
    baselines = {name: row["tau_a"] for name, row in found["baselines"].items()}
    for name, tau_a in (("params", 0.46), ("depth", 0.29), ("width", 0.16)):
        assert baselines[name] == pytest.approx(tau_a, abs=0.006)
    assert max(baselines.values()) == baselines["params"]
    assert found["noise"]["ceiling"] == pytest.approx(0.96, abs=0.006)
    projections = [float(record.architecture["projection"]) for record in table.records]
    assert stats.kendalltau(projections, table.oriented).statistic == pytest.approx(0.49, abs=0.006)
    cells = np.array([record.architecture["cell"] for record in table.records])
    means = {cell: -table.oriented[cells == cell].mean() for cell in ("lstm", "plain", "gru")}
    assert means == pytest.approx({"lstm": 2.17, "plain": 2.19, "gru": 2.21}, abs=0.006)
