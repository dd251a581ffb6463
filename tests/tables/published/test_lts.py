"""The common reader of LiteTransformerSearch's tables, on a table of two records that is written here."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import yaml

from lpzero.errors import InputError, MissingError
from lpzero.spaces import get_space
from lpzero.tables.published import lts
from lpzero.tables.table import Record


class Own(lts.Config):
    """A configuration with a vocabulary of its own."""

    n_token: Literal[50264]


SOURCE = lts.UpstreamTable(folder="some/table", space="gpt2", config=Own, cutoffs=(1, 2, 3))
COMMON: dict[str, Any] = {
    "adaptive": True,
    "cutoffs": [1, 2, 3],
    "tie_weight": True,
    "d_head": -1,
    "attn_type": 0,
    "pre_lnorm": False,
    "primer_conv": False,
    "primer_square": False,
    "n_token": 50264,
}
NAMES = ("config_3_j0", "config_12_j7")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A data folder with two architectures of the space."""
    rng, space = np.random.default_rng(0), get_space("gpt2")
    folder, summary = tmp_path / "some" / "table", {}
    for number, name in enumerate(NAMES):
        architecture = space.sample(rng)
        config = {
            **dict(architecture.whole),
            **COMMON,
            "n_layer": architecture.depth,
            "d_inner": list(architecture.integers("d_inner")),
            "n_head": list(architecture.integers("heads")),
            "dropout": 0.1,
        }
        place = folder.joinpath(*name.rsplit("_", 1))
        place.mkdir(parents=True)
        (place / "model_config.yaml").write_text(yaml.safe_dump(config))
        summary[name] = {"valid_ppl": 20.5 + number, "train_ppl": 1.0}
    (folder / "ppl_summary.yaml").write_text(yaml.safe_dump(summary, sort_keys=False))
    return tmp_path


def test_the_records_are_what_was_written_in_the_order_of_the_summary(table: Path) -> None:
    rng, space = np.random.default_rng(0), get_space("gpt2")
    drawn = [space.sample(rng) for _ in NAMES]
    assert lts.read(table, SOURCE) == (Record(NAMES[0], drawn[0], 20.5), Record(NAMES[1], drawn[1], 21.5))


def changed(path: Path, change: Callable[[dict[Any, Any]], object]) -> None:
    document = yaml.safe_load(path.read_text())
    change(document)
    path.write_text(yaml.safe_dump(document, sort_keys=False))


CONFIGS: dict[str, tuple[Callable[[dict[Any, Any]], object], str]] = {
    "a layer less": (lambda d: d["n_head"].pop(), "expected n_layer = [0-9]+ values of d_inner and n_head, found"),
    "other cutoffs": (lambda d: d.update(cutoffs=[1, 2]), r"cutoffs: expected \[1, 2, 3\], found \[1, 2\]"),
    "another vocabulary": (lambda d: d.update(n_token=5), "n_token: expected 50264, found 5"),
    "untied": (lambda d: d.update(tie_weight=False), "tie_weight: expected True, found False"),
    "a key less": (lambda d: d.pop("d_embed"), "expected the key d_embed, found none"),
    "a text": (lambda d: d.update(d_model="128"), "d_model: expected a valid integer, found '128'"),
    "outside the space": (lambda d: d.update(d_model=100), "architecture: d_model is 100: expected one of 64, 128"),
    "a head outside": (lambda d: d["n_head"].__setitem__(0, 3), "layer 0: heads is 3: expected one of 2, 4, 8"),
}


@pytest.mark.parametrize("damage", CONFIGS)
def test_a_configuration_that_is_another_is_named_with_its_record(table: Path, damage: str) -> None:
    change, found = CONFIGS[damage]
    file = table / "some" / "table" / "config_12" / "j7" / "model_config.yaml"
    changed(file, change)
    with pytest.raises(InputError, match=f"{file}: record config_12_j7: {found}"):
        lts.read(table, SOURCE)


SUMMARIES: dict[str, tuple[Callable[[dict[Any, Any]], object], str]] = {
    "a perplexity below one": (
        lambda d: d[NAMES[0]].update(valid_ppl=0.5),
        "record config_3_j0: valid_ppl: expected greater than or equal to 1, found 0.5",
    ),
    "no perplexity": (lambda d: d[NAMES[0]].clear(), "record config_3_j0: expected the key valid_ppl, found none"),
    "another name": (
        lambda d: d.update({"../config_3_j0": {}}),
        r"expected records with names such as config_0_j0, found '\.\./config_3_j0'",
    ),
    "a number": (lambda d: d.update({3: {}}), "expected records with names such as config_0_j0, found '3'"),
}


@pytest.mark.parametrize("damage", SUMMARIES)
def test_a_damaged_summary_is_named(table: Path, damage: str) -> None:
    change, found = SUMMARIES[damage]
    file = table / "some" / "table" / "ppl_summary.yaml"
    changed(file, change)
    with pytest.raises(InputError, match=f"{file}: {found}$"):
        lts.read(table, SOURCE)
    file.write_text("- 1")
    with pytest.raises(InputError, match=f"{file}: expected a mapping of records, found list$"):
        lts.read(table, SOURCE)


def test_what_is_not_there_is_missing(table: Path) -> None:
    shutil.rmtree(table / "some" / "table" / "config_3")
    with pytest.raises(MissingError, match=r"config_3/j0/model_config\.yaml: expected a file, found none$"):
        lts.read(table, SOURCE)
    shutil.rmtree(table / "some")
    with pytest.raises(MissingError, match=r"ppl_summary\.yaml: expected a file, found none$"):
        lts.read(table, SOURCE)
