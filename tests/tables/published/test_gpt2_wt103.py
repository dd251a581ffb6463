"""The reader of GPT-2 on WikiText-103, on the real table and on damaged copies of its first records."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import numpy as np
import pytest

from lpzero.errors import InputError, MissingError
from lpzero.tables import load_table
from lpzero.tables.published import gpt2_wt103


@pytest.fixture
def small(data: Path, tmp_path: Path) -> Path:
    """A data folder with the first two real records, to be damaged."""
    source, target = data / gpt2_wt103.FOLDER, tmp_path / gpt2_wt103.FOLDER
    for job in ("j0", "j1"):
        (target / "config_0" / job).mkdir(parents=True)
        # copyfile leaves the mode behind: the original may be read-only.
        file = Path("config_0", job, "model_config.yaml")
        shutil.copyfile(source / file, target / file)
    lines = (source / "ppl_summary.yaml").read_text(encoding="utf-8").splitlines(keepends=True)
    (target / "ppl_summary.yaml").write_text("".join(lines[:14]), encoding="utf-8")
    return tmp_path


def damage(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_real_table(data: Path) -> None:
    start = time.perf_counter()
    table = load_table("gpt2-wt103", data=data)
    assert time.perf_counter() - start < 2.0
    assert (table.n, table.space, table.higher_is_better) == (200, "gpt2", False)
    assert table.qualities.min() == pytest.approx(24.327380084613125)
    assert table.qualities.max() == pytest.approx(74.37871180832926)
    np.testing.assert_array_equal(table.oriented, -table.qualities)
    assert len({record.id for record in table.records}) == 200
    assert table.duplicates() == ()


def test_the_first_real_record(data: Path) -> None:
    record = load_table("gpt2-wt103", data=data).records[0]
    assert record.id == "config_0_j0"
    assert record.quality == 45.022968707221274
    assert dict(record.architecture.whole) == {"d_model": 128, "d_embed": 256, "div_val": 4}
    assert record.architecture.depth == 5
    assert record.architecture.layer(0) == {"d_inner": 1071, "heads": 2}
    assert record.architecture.layer(4) == {"d_inner": 1871, "heads": 8}


def test_two_records(small: Path) -> None:
    records = gpt2_wt103.read(small)
    assert [record.id for record in records] == ["config_0_j0", "config_0_j1"]
    assert records[1].quality == 27.007669521891287


SUMMARY_DAMAGES = {
    "nan": ("valid_ppl: 27.007669521891287", "valid_ppl: .nan", "expected a finite number, found nan"),
    "infinite": ("valid_ppl: 27.007669521891287", "valid_ppl: .inf", "expected a finite number, found inf"),
    "text": ("valid_ppl: 27.007669521891287", "valid_ppl: '27'", "expected a valid number, found '27'"),
    "empty": ("valid_ppl: 27.007669521891287", "valid_ppl:", "expected a valid number, found None"),
    "below one": ("valid_ppl: 27.007669521891287", "valid_ppl: -1", "greater than or equal to 1, found -1"),
    "missing": ("  valid_ppl: 27.007669521891287\n", "", "expected the key valid_ppl, found none"),
}


@pytest.mark.parametrize(("old", "new", "message"), SUMMARY_DAMAGES.values(), ids=SUMMARY_DAMAGES)
def test_a_damaged_quality_is_named(small: Path, old: str, new: str, message: str) -> None:
    file = small / gpt2_wt103.FOLDER / "ppl_summary.yaml"
    damage(file, old, new)
    with pytest.raises(InputError) as caught:
        gpt2_wt103.read(small)
    assert str(caught.value).startswith(f"{file}: record config_0_j1: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("config_0_j1:", "config_0_j0:", "line 8: key 'config_0_j0' twice"),
        ("config_0_j1:", "../../secret:", "expected records with names such as config_0_j0"),
        ("config_0_j1:", "17:", "expected records with names such as config_0_j0, found '17'"),
        ("config_0_j1:", "config_0_j1: [", "expected YAML, found a fault in line "),
        ("config_0_j1:", "? [1, 2]\n:", "found a fault"),
        (
            "config_0_j0:",
            "config_0_j0: !!python/object:os.system",
            "found a fault in line 1: could not determine",
        ),
        ("config_0_j0:", "config_0_j0: \x07", "expected YAML, found a fault"),
    ],
    ids=["record twice", "outside", "number", "truncated list", "list as key", "object", "control character"],
)
def test_a_damaged_summary_is_named(small: Path, old: str, new: str, message: str) -> None:
    file = small / gpt2_wt103.FOLDER / "ppl_summary.yaml"
    damage(file, old, new)
    with pytest.raises(InputError) as caught:
        gpt2_wt103.read(small)
    assert str(caught.value).startswith(f"{file}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "- 1\n", "text\n"])
def test_a_summary_of_another_shape(small: Path, text: str) -> None:
    (small / gpt2_wt103.FOLDER / "ppl_summary.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"ppl_summary\.yaml: expected a mapping of records, found "):
        gpt2_wt103.read(small)


CONFIG_DAMAGES = {
    "missing": ("d_model: ", "d_madel: ", "expected the key d_model, found none"),
    "type": ("d_model: ", "d_model: about ", "d_model: expected a valid integer, found 'about "),
    "layers": ("n_layer: ", "n_layer: 1", "values of d_inner and n_head, found "),
    "outside": ("d_embed: ", "d_embed: 7", ""),
    "other model": ("tie_weight: true", "tie_weight: false", "tie_weight: expected True, found False"),
    "other cutoffs": ("- 19997", "- 19998", "cutoffs: expected [19997, "),
    "key twice": ("d_head: -1", "d_head: -1\nd_head: -1", "key 'd_head' twice"),
    "not yaml": ("d_model: ", "d_model: {", "expected YAML, found a fault in line "),
}


@pytest.mark.parametrize(("old", "new", "message"), CONFIG_DAMAGES.values(), ids=CONFIG_DAMAGES)
def test_a_damaged_configuration_is_named(small: Path, old: str, new: str, message: str) -> None:
    file = small / gpt2_wt103.FOLDER / "config_0" / "j1" / "model_config.yaml"
    damage(file, old, new)
    with pytest.raises(InputError) as caught:
        gpt2_wt103.read(small)
    # The path holds the record's name: config_0/j1.
    assert str(caught.value).startswith(f"{file}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_configuration_that_is_not_there(small: Path) -> None:
    (small / gpt2_wt103.FOLDER / "config_0" / "j1" / "model_config.yaml").unlink()
    with pytest.raises(MissingError, match=r"j1.model_config\.yaml: expected a file, found none"):
        gpt2_wt103.read(small)
