"""Compression of tiny checkpoints, from folder to folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

import lpzero
from lpzero.compression.result import COMPRESSED, CompressResult
from lpzero.compression.settings import CompressSettings
from lpzero.errors import InputError
from lpzero.progress import Progress
from lpzero.result import read_result
from tests.compression.tiny import checkpoint_folder, tiny, tokens, written_text

SMALL = CompressSettings(context=8, fitting=6, windows=3)


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text(written_text(600))
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize("family", ["llama", "gpt2", "bert"])
def test_a_checkpoint_becomes_a_smaller_one_that_loads(tmp_path: Path, text: Path, family: str) -> None:
    source = checkpoint_folder(tmp_path / "full", family)
    before, seen = contents(source), []
    other = tmp_path / "other.txt"
    other.write_text(written_text(90, seed=5))
    result = lpzero.compress(
        source, output=tmp_path / "out", calibration=text, keep=0.9, check=other, settings=SMALL, watch=seen.append
    )
    assert contents(source) == before
    assert result.parameters <= result.counts["params"].limit < result.counts["params"].full  # type: ignore[operator]
    assert result.parameters == result.counts["params"].chosen
    assert {one.text for one in result.losses} == {"text.txt", "other.txt"}
    assert {"full", "chosen", "chosen, not refitted", "one width", "random"} <= {one.model for one in result.losses}
    assert result.choosing.bound <= result.choosing.expected
    assert (result.sample is None) == (family == "bert")
    assert isinstance(seen[-1], Progress)
    assert read_result(CompressResult, result.to_json(), "r", of="a compression", remedy="again") == result
    assert _loss(tmp_path / "out", family, result, tmp_path) == pytest.approx(1, abs=1e-6)


def _loss(folder: Path, family: str, result: CompressResult, tmp_path: Path) -> float:
    """How the losses of what lies in the folder compare to those that were reported, as a ratio."""
    from transformers import AutoModelForCausalLM, AutoModelForMaskedLM

    from lpzero.compression.losses import window_losses
    from lpzero.compression.texts import read_tokenizer, to_predict, tokenised, windows

    auto: Any = AutoModelForMaskedLM if family == "bert" else AutoModelForCausalLM
    model = auto.from_pretrained(folder, trust_remote_code=True, local_files_only=True).eval()
    ids = windows(tokenised(read_tokenizer(folder), (tmp_path / "other.txt").read_text(), "other.txt"), 3, 8)
    objective: Any = "masked" if family == "bert" else "causal"
    found = window_losses(model, to_predict("other.txt", ids, objective, 1))
    return float(found.mean()) / result.loss("chosen", "other.txt").loss


def test_a_checkpoint_in_bfloat16_stays_in_it(tmp_path: Path, text: Path) -> None:
    from safetensors.torch import load_file

    source = checkpoint_folder(tmp_path / "full")
    model: Any = tiny("llama")
    model.to(torch.bfloat16).save_pretrained(source)
    lpzero.compress(source, output=tmp_path / "out", calibration=text, keep=0.9, settings=SMALL)
    written = load_file(tmp_path / "out" / "model.safetensors")
    assert {tensor.dtype for tensor in written.values()} == {torch.bfloat16}


def test_equal_runs_are_equal_bit_for_bit(tmp_path: Path, text: Path) -> None:
    source = checkpoint_folder(tmp_path / "full")
    for name in ("one", "other"):
        lpzero.compress(source, output=tmp_path / name, calibration=text, keep=0.8, settings=SMALL)
    one, other = (contents(tmp_path / name) for name in ("one", "other"))
    # the result says how long it took, and where it lies
    assert one.pop(COMPRESSED) != other.pop(COMPRESSED)
    assert one == other


def test_a_limit_on_the_cache_holds(tmp_path: Path, text: Path) -> None:
    source = checkpoint_folder(tmp_path / "full")
    result = lpzero.compress(
        source,
        output=tmp_path / "out",
        calibration=text,
        limits={"kv_bytes": 120, "params": 1e6},
        settings=CompressSettings(context=8, fitting=6, windows=3, refit=False, rise=0.0),
    )
    assert result.counts["kv_bytes"].chosen <= 120 < result.counts["kv_bytes"].full
    assert result.refitted_on == 0
    assert any("rose by" in note for note in result.notes) == (result.loss("chosen", "text.txt").above > 0)


def test_a_limit_on_latency_is_measured_beside_whole_layers(tmp_path: Path, text: Path) -> None:
    source = checkpoint_folder(tmp_path / "full")
    result = lpzero.compress(source, output=tmp_path / "out", calibration=text, limits={"latency": 1e3}, settings=SMALL)
    assert result.counts["latency"].chosen <= result.counts["latency"].full <= 1e3
    assert set(result.running) == {"full", "chosen", "depth by block influence"}
    assert all(one.read > 0 for one in result.running.values())


def test_a_plain_folder_loads_without_code_of_its_own(tmp_path: Path, text: Path) -> None:
    from transformers import AutoModelForCausalLM

    source = checkpoint_folder(tmp_path / "full")
    settings = CompressSettings(context=8, fitting=6, windows=3, plain=True, form="plain")
    result = lpzero.compress(source, output=tmp_path / "out", calibration=text, keep=0.75, settings=settings)
    assert result.form == "plain"
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "out", local_files_only=True)
    assert model.num_parameters() == result.parameters
    with torch.no_grad():
        assert bool(torch.isfinite(model(input_ids=tokens(1, 8)).logits).all())


def test_what_is_refused_leaves_nothing(tmp_path: Path, text: Path) -> None:
    source = checkpoint_folder(tmp_path / "full")
    with pytest.raises(InputError, match=r"`limits.params`: nothing is within 10: the smallest possible is"):
        lpzero.compress(source, output=tmp_path / "out", calibration=text, limits={"params": 10}, settings=SMALL)
    assert not (tmp_path / "out").exists()
    with pytest.raises(InputError, match="is not empty and is left as it is"):
        lpzero.compress(source, output=source, calibration=text, keep=0.5, settings=SMALL)


def test_a_formula_of_units_is_an_importance(tmp_path: Path, text: Path) -> None:
    source = checkpoint_folder(tmp_path / "full")
    settings = CompressSettings(
        context=8, fitting=4, windows=3, controls=False, refit=False, importance="sum_units(unit_weight_in)"
    )
    result = lpzero.compress(source, output=tmp_path / "out", calibration=text, keep=0.9, settings=settings)
    assert result.choosing.importance == "sum_units(unit_weight_in)"
    assert result.parameters <= result.counts["params"].limit  # type: ignore[operator]
    with pytest.raises(InputError, match="`importance`: expected taylor, wanda"):
        lpzero.compress(
            tmp_path / "none", output=tmp_path / "o", calibration=text, settings=CompressSettings(importance="tayler")
        )


@pytest.mark.parametrize("importance", ["wanda", "magnitude", "block_influence"])
def test_divergences_do_not_stand_among_costs_of_another_unit(tmp_path: Path, text: Path, importance: str) -> None:
    settings = CompressSettings(importance=importance, context=8)
    with pytest.raises(
        InputError, match=f"`measure` puts divergences among estimates in nats: .* found '{importance}'"
    ):
        lpzero.compress(
            tmp_path, output=tmp_path / "o", calibration=text, keep=0.9, measure=tmp_path / "m", settings=settings
        )


def test_a_share_that_is_below_all_is_named_as_it_was_given(tmp_path: Path, text: Path) -> None:
    source = checkpoint_folder(tmp_path / "full", "llama")
    with pytest.raises(InputError, match=r"`keep` 0.01: nothing is within .*: the smallest possible is "):
        lpzero.compress(source, output=tmp_path / "out", calibration=text, keep=0.01, settings=SMALL)
