"""The reader of Transformer-XL on WikiText-103, on the real table and on damaged copies of its first records."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from lpzero.errors import InputError, MissingError
from lpzero.tables import load_table
from lpzero.tables.published import transxl_wt103


@pytest.fixture
def small(data: Path, tmp_path: Path) -> Path:
    """A data folder with the first two real records, to be damaged."""
    source, target = data / transxl_wt103.FOLDER, tmp_path / transxl_wt103.FOLDER
    for job in ("j0", "j1"):
        (target / "config_0" / job).mkdir(parents=True)
        # copyfile leaves the mode behind: the original may be read-only.
        file = Path("config_0", job, "model_config.yaml")
        shutil.copyfile(source / file, target / file)
    lines = (source / "ppl_summary.yaml").read_text(encoding="utf-8").splitlines(keepends=True)
    (target / "ppl_summary.yaml").write_text("".join(lines[:8]), encoding="utf-8")
    return tmp_path


def damage(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_real_table(data: Path) -> None:
    table = load_table("transxl-wt103", data=data)
    assert (table.n, table.space, table.higher_is_better) == (200, "transfo-xl", False)
    assert table.qualities.min() == pytest.approx(25.525480556804606)
    assert table.qualities.max() == pytest.approx(66.78604936688048)
    np.testing.assert_array_equal(table.oriented, -table.qualities)
    assert len({record.id for record in table.records}) == 200
    assert table.duplicates() == ()


def test_the_first_real_record(data: Path) -> None:
    record = load_table("transxl-wt103", data=data).records[0]
    assert record.id == "config_0_j0"
    assert record.quality == 60.66064779244685
    assert dict(record.architecture.whole) == {"d_model": 64, "d_embed": 512, "div_val": 2}
    assert record.architecture.depth == 5
    assert record.architecture.layer(0) == {"d_inner": 710, "heads": 4}
    assert record.architecture.layer(4) == {"d_inner": 1748, "heads": 8}


def test_two_records(small: Path) -> None:
    records = transxl_wt103.read(small)
    assert [record.id for record in records] == ["config_0_j0", "config_0_j1"]
    assert records[1].quality == 39.683931200305686


SUMMARY_DAMAGES = {
    "nan": ("valid_ppl: 39.683931200305686", "valid_ppl: .nan", "expected a finite number, found nan"),
    "below one": ("valid_ppl: 39.683931200305686", "valid_ppl: 0.5", "greater than or equal to 1, found 0.5"),
    "missing": ("  valid_ppl: 39.683931200305686\n", "", "expected the key valid_ppl, found none"),
    "record twice": ("config_0_j1:", "config_0_j0:", "line 5: key 'config_0_j0' twice"),
    "outside": ("config_0_j1:", "../../secret:", "expected records with names such as config_0_j0"),
}


@pytest.mark.parametrize(("old", "new", "message"), SUMMARY_DAMAGES.values(), ids=SUMMARY_DAMAGES)
def test_a_damaged_summary_is_named(small: Path, old: str, new: str, message: str) -> None:
    file = small / transxl_wt103.FOLDER / "ppl_summary.yaml"
    damage(file, old, new)
    with pytest.raises(InputError) as caught:
        transxl_wt103.read(small)
    assert str(caught.value).startswith(f"{file}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


CONFIG_DAMAGES = {
    "missing": ("d_model: ", "d_madel: ", "expected the key d_model, found none"),
    "layers": ("n_layer: ", "n_layer: 1", "values of d_inner and n_head, found "),
    "outside": ("d_embed: ", "d_embed: 7", "d_embed is "),
    "other vocabulary": ("n_token: 267736", "n_token: 267735", "n_token: expected 267736, found 267735"),
    "other cutoffs": ("- 267736", "- 267735", "cutoffs: expected [19997, 39997, 199997, 267736], found "),
    "other norms": ("pre_lnorm: false", "pre_lnorm: true", "pre_lnorm: expected False, found True"),
    "other mask": ("same_length: false", "same_length: true", "same_length: expected False, found True"),
    "other distances": ("clamp_len: -1", "clamp_len: 400", "clamp_len: expected -1, found 400"),
    "key twice": ("d_head: -1", "d_head: -1\nd_head: -1", "key 'd_head' twice"),
}


@pytest.mark.parametrize(("old", "new", "message"), CONFIG_DAMAGES.values(), ids=CONFIG_DAMAGES)
def test_a_damaged_configuration_is_named(small: Path, old: str, new: str, message: str) -> None:
    file = small / transxl_wt103.FOLDER / "config_0" / "j1" / "model_config.yaml"
    damage(file, old, new)
    with pytest.raises(InputError) as caught:
        transxl_wt103.read(small)
    assert str(caught.value).startswith(f"{file}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_configuration_that_is_not_there(small: Path) -> None:
    (small / transxl_wt103.FOLDER / "config_0" / "j1" / "model_config.yaml").unlink()
    with pytest.raises(MissingError, match=r"j1.model_config\.yaml: expected a file, found none"):
        transxl_wt103.read(small)
