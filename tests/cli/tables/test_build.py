"""The command `lpzero tables build`: what it refuses, with which exit code, and that nothing is written then."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from lpzero.cli.main import run
from lpzero.spaces import Architecture, get_space
from lpzero.tables.folder import CARD
from lpzero.tables.recipe import Recipe
from lpzero.tables.training_record import TrainedRecord, environment
from lpzero.training.build import ENVIRONMENT, RECIPE, TRAININGS
from lpzero.training.corpus import read_corpus
from lpzero.training.draw import draw
from lpzero.training.scale import SCALES, recipe

SMALL = ["--archs", "2", "--repeat", "1", "--steps", "10", "--batch", "2", "--length", "8", "--device", "cpu"]


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LPZERO_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    # few, for a quick test
    monkeypatch.setattr("lpzero.training.scale.VALIDATION_TOKENS", {"masked": 64, "causal": 64})
    Path("text.txt").write_text("the cat sat on the mat. " * 60)
    Path("short.txt").write_text("the cat")
    Path("latin.txt").write_bytes("ein Kätzchen. ".encode("latin-1") * 60)
    Path("empty.txt").write_text("")
    Path("folder").mkdir()


def command(*changes: str) -> list[str]:
    """A small build, but for what is changed: a later option wins."""
    needed = ["--space", "gpt2", "--corpus", "text.txt", "--out", "out", "--jobs", "1"]
    return ["tables", "build", *needed, *SMALL, *changes]


REFUSED = [
    (["--corpus", "none.txt"], "corpus none.txt: expected a file of UTF-8 text, found none"),
    (["--corpus", "latin.txt"], "corpus latin.txt: expected UTF-8 text, found other bytes at 5"),
    (["--corpus", "folder"], "corpus folder: expected a readable file of UTF-8 text"),
    (["--corpus", "short.txt"], "the training text is too short: expected more than 16 tokens (bytes), found 6"),
    (["--corpus", "empty.txt"], "the training text is too short"),
    (["--validation", "none.txt"], "corpus none.txt: expected a file of UTF-8 text, found none"),
    (["--validation", "latin.txt"], "corpus latin.txt: expected UTF-8 text"),
    (["--validation", "short.txt"], "the validation text is too short: expected more than 9 tokens (bytes), found 7"),
    (["--batch", "1000"], "the training text is too short"),
    (["--space", "gpt3"], "unknown space 'gpt3': expected one of flexibert, gpt2"),
    (["--space", "transfo-xl"], "has no models that lpzero trains itself"),
    (["--archs", "85986436656376"], "expected at most the 85986436656375 architectures of gpt2"),
    (["--space", "flexibert", "--archs", "10621441"], "expected at most the 10621440 architectures of flexibert"),
    (["--archs", "0", "--repeat", "0"], "--archs: expected at least 2, for there to be something to rank, found 0"),
    (["--archs", "1", "--repeat", "0"], "--archs: expected at least 2, for there to be something to rank, found 1"),
    (["--repeat", "3"], "expected from 0 to 2 architectures to repeat, found 3"),
    (["--repeat", "-1"], "expected from 0 to 2 architectures to repeat, found -1"),
    (["--jobs", "0"], "--jobs: expected at least 1, found 0"),
    (["--jobs", "-2"], "--jobs: expected at least 1, found -2"),
    (["--steps", "9"], "expected at least 10 steps"),
    (["--steps", "0"], "expected at least 10 steps"),
    (["--batch", "0"], "a batch of at least 1"),
    (["--length", "65"], "2 to 64 tokens"),
    (["--seed", "-1"], "a seed >= 0"),
    (["--learning-rate", "0"], "expected a learning rate above 0 and below 1, found 0.0"),
    (["--learning-rate", "nan"], "expected a learning rate above 0 and below 1, found nan"),
    (["--tokens", "words"], "tokens: expected bytes, or bpe:N"),
    (["--tokens", "bpe:10"], "tokens: expected bytes, or bpe:N"),
    (["--tokens", "bpe:5000"], "corpus text.txt: expected text for 5000 ids, found"),
    (["--name", "flexibert-glue"], "expected a name that no known table has, found 'flexibert-glue'"),
    (["--name", "a/b"], "expected a name of letters, digits, dots, dashes and underscores, found 'a/b'"),
    (["--name", ""], "expected a name of letters, digits, dots, dashes and underscores, found ''"),
    (["--out", "gpt2-own"], "expected a name that no known table has, found 'gpt2-own'"),
    (["--out", "gpt2-own", "--name", "mine"], "expected a folder that is no known table's name, found 'gpt2-own'"),
    (["--out", "~nosuchuser/out"], "expected a path, found ~nosuchuser/out: no such user"),
    (["--corpus", "~nosuchuser/text"], "expected a path, found ~nosuchuser/text: no such user"),
    (["--validation", "~nosuchuser"], "expected a path, found ~nosuchuser: no such user"),
    (["--source", " "], "--source: expected a line of text, found ' '"),
    (["--licence", ""], "--licence: expected a line of text, found ''"),
    (["--note", "one", "--note", "two\nlines"], "--note: expected a line of text, found 'two\\nlines'"),
    (["--out", "text.txt"], "text.txt: expected a new folder or one that a build began, found neither"),
    (["--out", "."], "expected a new folder or one that a build began, found neither"),
]


@pytest.mark.parametrize(("changes", "words"), REFUSED, ids=[" ".join(changes) for changes, _ in REFUSED])
def test_bad_input_ends_in_one_line_and_nothing_is_written(
    capsys: pytest.CaptureFixture[str], changes: list[str], words: str
) -> None:
    before = {path: path.stat().st_mtime_ns for path in Path().rglob("*")}
    assert run(command(*changes)) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("lpzero: error: ")
    assert captured.err.count("\n") == 1
    assert words in captured.err
    assert {path: path.stat().st_mtime_ns for path in Path().rglob("*")} == before


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (["--archs", "some"], "'some' is not a valid integer"),
        (["--device", "tpu"], "Invalid value for '--device'"),
        (["--nonsense"], "No such option"),
    ],
)
def test_wrong_use_is_exit_2(capsys: pytest.CaptureFixture[str], changes: list[str], words: str) -> None:
    assert run(command(*changes)) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert words in captured.err
    assert "Traceback" not in captured.err
    assert not Path("out").exists()


@pytest.mark.parametrize("option", ["--space", "--corpus", "--out"])
def test_what_has_to_be_given_is_asked_for(capsys: pytest.CaptureFixture[str], option: str) -> None:
    arguments = command()
    at = arguments.index(option)
    assert run(arguments[:at] + arguments[at + 2 :]) == 2
    assert f"Missing option '{option}'" in capsys.readouterr().err
    assert not Path("out").exists()


def begin(space: str = "gpt2", **changes: object) -> bytes:
    """Begin a table as the small command does, but for what is changed."""
    objective = get_space(space).objective
    scale = replace(SCALES[objective], **{"steps": 10, "batch": 2, "length": 8, **changes})  # type: ignore[arg-type]
    written = recipe(space, objective, read_corpus(Path("text.txt")), scale)
    Path("out").mkdir()
    (Path("out") / RECIPE).write_text(json.dumps(asdict(written)))
    return (Path("out") / RECIPE).read_bytes()


@pytest.mark.parametrize(
    ("begun", "changes", "words"),
    [
        ({}, ["--steps", "11"], "steps 10 instead of 11"),
        ({}, ["--seed", "3"], "seed 0 instead of 3"),
        ({}, ["--space", "flexibert"], "space 'gpt2' instead of 'flexibert'"),
        ({}, ["--tokens", "bpe:258"], "protocol 'own' instead of 'own-258'"),
        ({"batch": 3}, [], "batch 3 instead of 2"),
        ({"space": "flexibert"}, [], "space 'flexibert' instead of 'gpt2'"),
    ],
)
def test_a_folder_of_another_recipe_is_refused_and_left(
    capsys: pytest.CaptureFixture[str], begun: dict[str, object], changes: list[str], words: str
) -> None:
    before = begin(**begun)  # type: ignore[arg-type]
    assert run(command(*changes)) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("lpzero: error: ")
    assert captured.err.count("\n") == 1
    assert words in captured.err
    assert [path.name for path in Path("out").iterdir()] == [RECIPE]
    assert (Path("out") / RECIPE).read_bytes() == before


def test_a_corpus_that_changed_since_the_table_was_begun_is_another_recipe(capsys: pytest.CaptureFixture[str]) -> None:
    before = begin()
    Path("text.txt").write_text("the dog sat on the mat. " * 60)
    assert run(command()) == 2
    assert "train_sha256" in capsys.readouterr().err
    assert (Path("out") / RECIPE).read_bytes() == before


def card_of(folder: str) -> dict[str, object]:
    document: dict[str, object] = json.loads((Path(folder) / CARD).read_text())
    return document


def test_the_card_says_what_was_said_of_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    said = ["--name", "cats", "--source", "a book", "--licence", "CC0", "--note", "one", "--note", "two"]
    assert run(command(*said)) == 0
    card = card_of("out")
    assert (card["name"], card["source"], card["licence"]) == ("cats", "a book", "CC0")
    assert isinstance(card["notes"], list)
    assert card["notes"][1:] == ["one", "two"]
    assert card["environment"] == json.loads((Path("out") / ENVIRONMENT).read_text())
    assert run(["tables", "verify", "out"]) == 0
    # the same command without them is the same table with another card
    assert run(command()) == 0
    card = card_of("out")
    assert (card["name"], card["source"], card["licence"]) == ("out", "lpzero tables build", "unstated")


@pytest.mark.parametrize(("tokens", "protocol"), [("bytes", "scratch"), ("bpe:270", "scratch-270")])
def test_llamas_are_trained_from_scratch(capsys: pytest.CaptureFixture[str], tokens: str, protocol: str) -> None:
    Path("text.txt").write_text("the cat sat on the mat and looked at the other cat on the wall " * 40)
    assert run(command("--space", "llama", "--tokens", tokens, "--json")) == 0
    card = json.loads(capsys.readouterr().out)
    assert (card["space"], card["protocols"], card["trainings"]) == ("llama", [protocol], 3)
    # both were built by this protocol, with whatever vocabulary
    assert json.loads((Path("out") / RECIPE).read_text())["protocol"] == protocol


def test_a_path_below_home_is_one_also_where_no_shell_expands_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(Path.cwd() / "folder"))
    Path("text.txt").rename("folder/text.txt")
    assert run(command("--corpus", "~/text.txt", "--out", "~/out")) == 0
    assert (Path("folder") / "out" / CARD).is_file()
    assert not Path("~").exists()


def test_trainings_without_a_loss_are_no_result_and_are_kept(capsys: pytest.CaptureFixture[str]) -> None:
    # the largest rate there is: a step of it ends in weights of no use
    rate = ["--learning-rate", "0.999", "--steps", "40"]
    written = replace(asked(), learning_rate=0.999, steps=40, warm_up=8, points=(4, 10, 20, 30, 40))
    begin_with(written)
    for index, architecture in enumerate(draw(get_space("gpt2", "own"), 2, np.random.default_rng(0))):
        for seed in (0, 1) if index == 0 else (0,):
            keep_diverged(written, index, architecture, seed)
    before = {path.name: path.read_bytes() for path in (Path("out") / TRAININGS).iterdir()}
    assert run(command(*rate)) == 4
    captured = capsys.readouterr()
    assert captured.out == ""
    last = captured.err.splitlines()[-1]
    assert last.startswith("lpzero: error: out: expected trainings that end at two different losses or more, ")
    assert "found 3 diverged (first reason: loss nan in step 2): they are kept there" in last
    assert {path.name: path.read_bytes() for path in (Path("out") / TRAININGS).iterdir()} == before
    assert not (Path("out") / CARD).exists()


def asked() -> Recipe:
    """The recipe of the small command."""
    scale = replace(SCALES["causal"], steps=10, batch=2, length=8)
    return recipe("gpt2", "causal", read_corpus(Path("text.txt")), scale)


def begin_with(written: Recipe) -> None:
    Path("out").mkdir()
    (Path("out") / RECIPE).write_text(json.dumps(asdict(written)))
    (Path("out") / ENVIRONMENT).write_text(json.dumps(environment("cpu")))


def keep_diverged(written: Recipe, index: int, architecture: Architecture, seed: int) -> None:
    record = TrainedRecord(
        id=f"{index:04d}",
        architecture=architecture.to_json(),
        seed=seed,
        status="diverged",
        reason="loss nan in step 2",
        loss=None,
        curve=(),
        steps=0,
        tokens=0,
        parameters={"total": 1},
        seconds=0.1,
        recipe=written.digest,
    )
    folder = Path("out") / TRAININGS
    folder.mkdir(exist_ok=True)
    (folder / f"{record.id}-{seed}-{architecture.digest[:16]}.json").write_text(record.model_dump_json())


def test_a_smaller_table_than_the_folder_holds_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(command("--archs", "3")) == 0
    capsys.readouterr()
    before = (Path("out") / CARD).read_bytes()
    assert run(command()) == 2
    message = "lpzero: error: --archs: expected at least the 3 that out holds, found 2\n"
    assert capsys.readouterr().err == message
    assert run(command("--archs", "3", "--repeat", "0")) == 2
    assert "--repeat: expected at least the 1 that out holds, found 0" in capsys.readouterr().err
    assert (Path("out") / CARD).read_bytes() == before


def test_the_help_says_the_defaults_of_both_objectives(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["tables", "build", "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    masked, causal = SCALES["masked"], SCALES["causal"]
    for name in ("steps", "batch", "length", "learning_rate"):
        assert f"[default: {getattr(masked, name)} masked, {getattr(causal, name)} causal]" in shown
    assert "Initial weights do not depend on it" in shown
