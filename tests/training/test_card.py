"""The figures of a card, against direct computation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from lpzero.errors import InputError
from lpzero.spaces import get_space
from lpzero.spaces.architecture import Architecture
from lpzero.tables import Record, Table, load_table
from lpzero.tables.folder import first_records
from lpzero.tables.recipe import Recipe
from lpzero.tables.training_record import TrainedRecord
from lpzero.training import card
from lpzero.training.card import figures, own_card

Trained = Callable[..., tuple[Recipe, tuple[TrainedRecord, ...]]]


@pytest.fixture
def built(trained: Trained) -> dict[str, Any]:
    """The card of forty trainings, eight of them repeated and one diverged."""
    recipe, records = trained(40, repeated=8, failed=(5,))
    return own_card("small", recipe, records, {"python": "3"}, ("a note",))


def test_the_quality_of_a_table_is_that_of_the_first_seed(trained: Trained, built: dict[str, Any]) -> None:
    _, records = trained(40, repeated=8, failed=(5,))
    losses = [r.loss for r in records[:40] if r.loss is not None]
    found = built["figures"]
    assert found["n"] == len(losses) == 39
    assert found["quality"]["min"] == pytest.approx(min(losses), abs=1e-6)
    assert found["quality"]["sd"] == pytest.approx(np.std(losses, ddof=1), abs=1e-6)


def test_the_noise_is_that_of_the_repeated_architectures(trained: Trained, built: dict[str, Any]) -> None:
    _, records = trained(40, repeated=8, failed=(5,))
    first = {r.id: r.loss for r in records[:40]}
    pairs = np.array([(first[r.id], r.loss) for r in records[40:] if r.loss is not None])
    noise = built["figures"]["noise"]
    assert noise["repeated"] == len(pairs) == 7
    assert noise["sd"] == pytest.approx(np.sqrt(np.mean((pairs[:, 0] - pairs[:, 1]) ** 2) / 2), abs=1e-6)
    assert noise["retest"] == pytest.approx(stats.kendalltau(*pairs.T).statistic, abs=1e-6)
    # seven pairs, and each of them leaves one degree
    assert noise["freedom"] == 7
    assert noise["sd_interval"][0] < noise["sd"] < noise["sd_interval"][1]
    assert 0.8 < noise["ceiling_interval"][0] < noise["ceiling"] < noise["ceiling_interval"][1] < 1


def test_trainings_of_one_model_are_repeats_whatever_they_are_called(trained: Trained) -> None:
    recipe, records = trained(12, repeated=4)
    # the second seeds under names of their own are still trainings of the same four models
    renamed = tuple(r.model_copy(update={"id": f"again-{r.id}", "seed": 0}) if r.seed == 1 else r for r in records)
    noise, expected = (own_card("small", recipe, r, {}, ())["figures"]["noise"] for r in (renamed, records))
    assert noise["repeated"] == noise["freedom"] == 4
    assert noise["sd"] == expected["sd"]


def test_the_operations_are_counted_from_the_architectures(trained: Trained, built: dict[str, Any]) -> None:
    _, records = trained(40, repeated=8, failed=(5,))
    kept = [r for r in records[:40] if r.loss is not None]
    losses = np.array([-(r.loss or 0) for r in kept])
    cells = np.array([f"{len(r.architecture['layers'])} x {r.architecture['whole']['hidden_size']}" for r in kept])
    assert set(cells) == {"2 x 128", "2 x 256", "4 x 128", "4 x 256"}
    operations = built["figures"]["operations"]
    assert list(operations) == ["SA", "LT", "DSC"]
    for kind, found in operations.items():
        counts = np.array([sum(layer["operation"] == kind for layer in r.architecture["layers"]) for r in kept])
        assert found["tau_b"] == pytest.approx(stats.kendalltau(counts, losses).statistic, abs=1e-6)
        inside = [stats.kendalltau(counts[cells == c], losses[cells == c]).statistic for c in set(cells)]
        assert found["inside"] == pytest.approx([min(inside), max(inside)], abs=1e-6)


def test_a_space_without_operations_has_no_counts_of_them() -> None:
    table = load_table("gpt2-own")
    assert figures(table, "own")["operations"] is None


def test_an_operation_that_every_architecture_has_as_often_ranks_nothing(trained: Trained) -> None:
    table = Table(**{**vars(load_table("flexibert-own")), "records": _all_fourier(trained)})
    operations = figures(table, "own")["operations"]
    assert operations["SA"] == {"status": "constant", "tau_a": None, "tau_b": None, "inside": None}
    # LT layers are the depth, which does not vary inside a cell
    assert operations["LT"]["status"] == "ok"
    assert operations["LT"]["inside"] is None


def _all_fourier(trained: Trained) -> tuple[Record, ...]:
    changed = []
    for record in first_records(trained(12)[1]):
        document = record.architecture.to_json()
        layers = [{**layer, "operation": "LT", "parameter": "DFT"} for layer in document["layers"]]
        architecture = Architecture.of("flexibert", document["whole"], layers)
        changed.append(Record(record.id, architecture, record.quality))
    return tuple(changed)


def test_the_training_figures(built: dict[str, Any]) -> None:
    training = built["figures"]["training"]
    assert training["trainings"] == 48
    assert training["statuses"] == {"diverged": 2, "ok": 46}
    # one of the forty diverged: it did not end below anything
    assert training["below_unigram"] == pytest.approx(39 / 40)
    # the curves were made to run in parallel
    assert training["half_to_end"] == 1.0
    assert training["hours"] == pytest.approx(48 * 1.5 / 3600, abs=0.005)


def test_the_baselines_are_correlations_with_plain_counts(trained: Trained, built: dict[str, Any]) -> None:
    _, records = trained(40, repeated=8, failed=(5,))
    kept = [r for r in records[:40] if r.loss is not None]
    expected = stats.kendalltau([r.parameters["total"] for r in kept], [-r.loss for r in kept if r.loss]).statistic
    params = built["figures"]["baselines"]["params"]
    assert params["status"] == "ok"
    assert params["tau_b"] == pytest.approx(expected, abs=1e-6)
    assert params["interval"][0] < params["tau_a"] < params["interval"][1]
    assert set(built["figures"]["baselines"]) >= {"depth", "width", "attention_params", "width_then_shallow"}


def test_without_repeats_the_noise_is_not_known(trained: Trained) -> None:
    recipe, records = trained(8)
    card = own_card("small", recipe, records, {}, ())
    assert card["figures"]["noise"] is None


def test_noise_as_large_as_the_spread_leaves_no_ceiling(trained: Trained) -> None:
    recipe, records = trained(6, repeated=6)
    loud = [
        r.model_copy(update={"loss": 3.0 + (-1) ** i * r.seed + i * 1e-6, "curve": ((50, 3.0), (100, 3.0))})
        for i, r in enumerate(records)
    ]
    assert own_card("small", recipe, tuple(loud), {}, ())["figures"]["noise"]["ceiling"] == 0.0


def test_one_architecture_is_no_table(trained: Trained) -> None:
    recipe, records = trained(1)
    with pytest.raises(InputError, match="train more architectures"):
        own_card("small", recipe, records, {}, ())


def test_the_published_figures_of_flexibert(data: Path) -> None:
    table = load_table("flexibert-glue", data=data)
    found = figures(table, "trained")
    assert found["training"] is None
    assert found["noise"]["repeated"] == 9
    assert found["noise"]["sd"] == pytest.approx(0.60, abs=0.005)
    assert found["noise"]["ceiling"] == pytest.approx(0.89, abs=0.01)
    assert any("0.60" in note and ".89" in note for note in table.notes)
    assert found["noise"]["freedom"] == 9
    # 9 degrees are few: the noise may be from .41 to 1.10, and the ceiling from .80 to .92
    assert found["noise"]["sd_interval"] == pytest.approx([0.415, 1.101], abs=0.001)
    assert found["noise"]["ceiling_interval"] == pytest.approx([0.80, 0.92], abs=0.01)
    # findings: depth .682 tau-b and .482 tau-a, depth then hidden .801 and .694, depth-hidden-params .756
    baselines = found["baselines"]
    assert baselines["depth"]["tau_b"] == pytest.approx(0.682, abs=0.001)
    assert baselines["depth_then_hidden"]["tau_a"] == pytest.approx(0.694, abs=0.001)
    assert baselines["depth_hidden_params"]["tau_b"] == pytest.approx(0.756, abs=0.001)


def test_what_one_protocol_builds_alike_differs_more_than_equal_records(data: Path) -> None:
    table = load_table("flexibert-glue", data=data)
    noise = figures(table, "trained")["noise"]
    space = get_space("flexibert", "trained")
    groups: dict[str, list[float]] = {}
    for record in table.records:
        groups.setdefault(space.model_key(record.architecture), []).append(record.quality)
    repeated = [group for group in groups.values() if len(group) > 1]
    freedom = sum(len(group) - 1 for group in repeated)
    squares = sum(float(np.var(group)) * len(group) for group in repeated)
    assert (noise["same_model"]["repeated"], noise["same_model"]["freedom"]) == (len(repeated), freedom) == (77, 199)
    assert noise["same_model"]["sd"] == pytest.approx(np.sqrt(squares / freedom), abs=1e-6)
    assert noise["same_model"]["sd_interval"][0] > noise["sd_interval"][1]
    assert any("2.03 over 199" in note for note in table.notes)


def test_a_table_of_first_seeds_has_each_architecture_once(trained: Trained) -> None:
    recipe, records = trained(5, repeated=5)
    assert [record.id for record in first_records(records)] == [f"{i:04d}" for i in range(5)]
    assert recipe.digest == records[0].recipe


def test_of_many_records_the_baselines_are_ranked_on_some_that_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    table = load_table("gpt2-own")
    assert "ranked" not in figures(table, "own")
    monkeypatch.setattr(card, "LARGEST_RANKED", 50)
    found = figures(table, "own")
    assert (found["n"], found["ranked"]) == (128, 50)
    assert found == figures(table, "own")
    # all that is not ranked is of every record
    assert found["quality"]["max"] == round(table.qualities.max(), 6)
    part = card._ranked_part(table)
    positions = [table.records.index(record) for record in part.records]
    assert positions == sorted(set(positions))
    assert len(positions) == 50
    # drawn from the whole of it, not the first ones
    assert positions[-1] > 100
    params = [get_space("gpt2", "own").parameter_counts(record.architecture)["total"] for record in part.records]
    assert found["baselines"]["params"]["tau_b"] == pytest.approx(stats.kendalltau(params, part.oriented).statistic)
