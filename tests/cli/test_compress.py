"""``lpzero compress`` as it is typed: documents, tables, warnings, and wrong input in one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import lpzero
from lpzero.cli.main import run
from tests.compression.tiny import checkpoint_folder, written_text


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compress")
    checkpoint_folder(folder / "full")
    (folder / "text.txt").write_text(written_text(600))
    return folder


def arguments(place: Path, out: Path, *more: str) -> list[str]:
    return [
        *("compress", str(place / "full"), "--calibration", str(place / "text.txt"), "--out", str(out)),
        *("--context", "8", "--fitting", "6", "--windows", "3", "--device", "cpu", *more),
    ]


def test_one_document_and_nothing_else_on_stdout(
    place: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments(place, tmp_path / "out", "--keep", ".8", "--json", "--rise", "0")) == 0
    said = capfd.readouterr()
    document = json.loads(said.out)
    assert document["schema"] == 1
    assert document["counts"]["params"]["chosen"] <= document["counts"]["params"]["limit"]
    assert ("warning: the loss on text.txt rose" in said.err) == any("rose" in note for note in document["notes"])


def test_people_see_every_loss_beside_the_full_models(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments(place, tmp_path / "out", "--max-params", "9k", "--max-kv-bytes", "500B", "--no-refit")) == 0
    said = capsys.readouterr().out
    for expected in ("full", "chosen", "depth by block influence", "random", "3 windows of 8 tokens", "counted from"):
        assert expected in said
    assert "not refitted" not in said


def test_what_a_user_should_know_is_said_in_the_words_of_the_command(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, note = lpzero.compress, "it rose by more than `rise` 0.3: `recover` 100 wins part of it back"
    monkeypatch.setattr(lpzero, "compress", lambda *a, **k: whole(*a, **k).model_copy(update={"notes": [note]}))
    assert run(arguments(place, tmp_path / "out", "--keep", ".9", "--no-refit", "--no-controls")) == 0
    assert "warning: it rose by more than --rise 0.3: --recover 100 wins part of it back" in capsys.readouterr().err


def test_a_front_is_printed_and_nothing_is_written(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    command = ["compress", str(place / "full"), "--calibration", str(place / "text.txt"), "--context", "8"]
    command += ["--device", "cpu", "--front", "5"]
    assert run([*command, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    limits = [one["limit"] for one in document["points"]]
    assert limits == sorted(limits)
    assert all(one["parameters"] <= one["limit"] < document["full"] for one in document["points"])
    assert run(command) == 0
    assert "5 limits on the parameters of" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())
    for more, said in (
        (("--out", "there"), "expected no --out beside it"),
        (("--max-kv-bytes", "500B"), "expected no --max-kv-bytes beside it"),
        (("--plain",), "--plain has no effect on a front"),
        (("--format", "gguf"), "--format has no effect on a front"),
    ):
        assert run([*command, *more]) == 2
        assert said in capsys.readouterr().err
    assert run([*command[:-2], "--keep", ".5"]) == 2
    assert "expected --out, the folder to write, or --front" in capsys.readouterr().err


def test_a_budget_is_spent_and_told(place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments(place, tmp_path / "out", "--keep", ".8", "--budget", "5", "--no-controls")) == 0
    assert (
        "compared 5 choices by their joint divergence: that of the cheapest by the sum was" in capsys.readouterr().out
    )


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--keep", ".9", "--budget", "long"), "--budget: expected a number of trials such as 500, or a time"),
        ((), "expected at least one, on params, flops, kv_bytes, found none"),
        (("--keep", "2"), "--keep: expected a share of the parameters between 0 and 1, found 2"),
        (("--max-params", "5"), "--max-params: nothing is within 5: the smallest possible is"),
        (("--max-kv-bytes", "5"), "--max-kv-bytes: nothing is within 5: the smallest possible is 48"),
        (("--keep", ".5", "--context", "1"), "--context: expected at least 2, found 1"),
        (("--keep", ".5", "--check", "nowhere.txt"), "text nowhere.txt: expected a file of UTF-8 text, found none"),
        (
            ("--keep", ".9", "--plain", "--format", "gguf", "--importance", "none"),
            "--importance: expected taylor, wanda",
        ),
    ],
)
def test_wrong_input_is_one_line_and_leaves_nothing(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: tuple[str, ...], said: str
) -> None:
    assert run(arguments(place, tmp_path / "out", *more)) == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if "error:" in line.lower()]
    assert len(lines) == 1
    assert said in lines[0]
    assert not (tmp_path / "out").exists()


def _quantised(folder: Path) -> None:
    _changed(folder, quantization_config={"quant_method": "gptq", "bits": 4})


def _unknown(folder: Path) -> None:
    _changed(folder, model_type="mamba")


def _kinds(folder: Path) -> None:
    _changed(folder, model_type="qwen2", layer_types=["full_attention", "sliding_attention", "full_attention"])


def _adapted(folder: Path) -> None:
    (folder / "adapter_config.json").write_text("{}")


def _cut_short(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-64])


def _without_words(folder: Path) -> None:
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).unlink()


def _changed(folder: Path, **values: object) -> None:
    document = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(document | values))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_quantised, "found a quantised one: give the original"),
        (_unknown, "expected a model whose blocks are known (llama, mistral"),
        (_kinds, "layer"),
        (_adapted, "found adapters (adapter_config.json): merge them into it first"),
        (_cut_short, "transformers cannot read the checkpoint"),
        (_without_words, "expected the checkpoint's tokenizer beside it"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_checkpoints_that_cannot_be_cut_are_refused_in_one_line(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: Callable[[Path], None], said: str
) -> None:
    source = checkpoint_folder(tmp_path / "full")
    change(source)
    before = {path.name: path.read_bytes() for path in source.iterdir()}
    code = run(["compress", str(source), *arguments(place, tmp_path / "out", "--keep", ".8")[2:]])
    assert code == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if "error:" in line]
    assert len(lines) == 1
    assert said in lines[0]
    assert {path.name: path.read_bytes() for path in source.iterdir()} == before
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "expected text, found an empty file"),
        (b"w2 w3 w4 w5 w6 w7 w8 w9 w10 w11", "expected at least 16 tokens, 2 windows of 8, found"),
        (bytes(range(256)), "found other bytes at 128"),
        (b"w2 w3\0w4", "it is binary"),
    ],
)
def test_calibration_that_is_no_text_is_refused_in_one_line(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, said: str
) -> None:
    text = tmp_path / "other.txt"
    text.write_bytes(content)
    command = [
        str(text) if one == str(place / "text.txt") else one
        for one in arguments(place, tmp_path / "out", "--keep", ".8")
    ]
    assert run(command) == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if "error:" in line]
    assert len(lines) == 1
    assert said in lines[0]
    assert not (tmp_path / "out").exists()


def test_what_learned_to_be_cut_says_so_beside_what_learned_as_long(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("peft")
    asked = arguments(place, tmp_path / "out", "--keep", ".8", "--no-controls", "--elastic", "2", "--recover", "1")
    assert run(asked) == 0
    said = capsys.readouterr().out
    for expected in ("learned to be cut in 2 steps", "not elastic, learned as long", "in 1 steps"):
        assert expected in said
    assert run([*asked[:-4], "--elastic", "2", "--measure", str(tmp_path / "kept.jsonl")]) == 2
    assert "expected no --elastic beside it" in capsys.readouterr().err
