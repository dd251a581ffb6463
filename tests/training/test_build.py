"""Building a table: the same whatever the workers and the kills, and nothing lost where it is refused."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lpzero.engines import Engine, Serial
from lpzero.errors import InputError, LpzeroError, MissingError
from lpzero.files import LOCK
from lpzero.spaces import Architecture, get_space
from lpzero.tables.recipe import Recipe
from lpzero.tables.training_record import TrainedRecord
from lpzero.training.build import ENVIRONMENT, RECIPE, TRAININGS, build
from lpzero.training.corpus import CorpusFiles, read_corpus
from lpzero.training.draw import draw
from lpzero.training.scale import Scale, recipe
from lpzero.training.train import train


@pytest.fixture
def source(tmp_path: Path) -> CorpusFiles:
    """A short text."""
    path = tmp_path / "text.txt"
    path.write_text("the cat sat on the mat. " * 60)
    return CorpusFiles(path, None, "bytes")


@pytest.fixture
def written(source: CorpusFiles) -> Recipe:
    """A recipe of ten small steps."""
    return small(source)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A folder that is not there yet."""
    return tmp_path / "out"


def small(source: CorpusFiles, space: str = "flexibert", **changes: Any) -> Recipe:
    corpus = read_corpus(source.corpus, validation=source.validation, tokens=source.tokens)
    scale = Scale(steps=10, batch=2, length=8, learning_rate=2e-3)
    full = recipe(space, get_space(space).objective, corpus, scale)
    return replace(full, **{"validation_sequences": 4, "points": (5, 10), **changes})


def quiet(done: int, total: int) -> None:
    """No progress."""


def run(written: Recipe, source: CorpusFiles, out: Path, number: int, repeated: int = 0, **changes: Any) -> Any:
    options = {"engine": Serial(), "progress": quiet, "say": lambda line: None, **changes}
    with build(written, source, out, number=number, repeated=repeated, **options) as built:
        return built.trainings


def content(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, but for the lock, which says nothing."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != LOCK]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def timeless(folder: Path) -> dict[str, Any]:
    """Every document below a folder, but for the time that trainings took."""
    documents = {name: json.loads(text) for name, text in content(folder).items()}
    for document in documents.values():
        document.pop("seconds", None)
    return documents


def plain(records: tuple[TrainedRecord, ...]) -> list[dict[str, Any]]:
    return [record.model_dump(exclude={"seconds"}) for record in records]


@pytest.mark.parametrize("space", ["flexibert", "gpt2"])
def test_a_table_holds_the_draw_and_what_training_gives(source: CorpusFiles, out: Path, space: str) -> None:
    written = small(source, space)
    records = run(written, source, out, number=3, repeated=1)
    own = get_space(space, "own")
    drawn = draw(own, 3, np.random.default_rng(written.seed))
    assert [(record.id, record.seed) for record in records] == [("0000", 0), ("0001", 0), ("0002", 0), ("0000", 1)]
    assert [Architecture.from_json(record.architecture) for record in records] == [*drawn, drawn[0]]
    corpus = read_corpus(source.corpus)
    for record in records:
        architecture = Architecture.from_json(record.architecture)
        training = train(own, architecture, written, corpus, seed=record.seed)
        assert (record.status, record.reason) == ("ok", "")
        assert record.loss == training.loss
        assert record.curve == training.curve
        assert record.parameters == own.parameter_counts(architecture)
        assert (record.steps, record.tokens) == (10, 10 * 2 * 8)
        assert record.recipe == written.digest
    assert records[0].loss != records[3].loss
    assert sorted(path.name for path in out.iterdir()) == [LOCK, ENVIRONMENT, RECIPE, TRAININGS]
    assert len(list((out / TRAININGS).iterdir())) == 4
    assert json.loads((out / RECIPE).read_text()) == json.loads(json.dumps(asdict(written)))


def test_a_table_does_not_depend_on_the_number_of_workers(
    written: Recipe, source: CorpusFiles, tmp_path: Path, processes: Engine
) -> None:
    alone = run(written, source, tmp_path / "one", number=3, repeated=1, engine=Serial())
    together = run(written, source, tmp_path / "two", number=3, repeated=1, engine=processes)
    assert plain(alone) == plain(together)
    assert timeless(tmp_path / "one") == timeless(tmp_path / "two")


def test_progress_counts_what_was_there_and_what_comes(written: Recipe, source: CorpusFiles, out: Path) -> None:
    seen: list[tuple[int, int]] = []

    def see(done: int, total: int) -> None:
        seen.append((done, total))

    run(written, source, out, number=2, repeated=1, progress=see)
    assert seen == [(0, 3), (1, 3), (2, 3), (3, 3)]
    seen.clear()
    run(written, source, out, number=3, repeated=1, progress=see)
    assert seen == [(3, 4), (4, 4)]


def test_what_is_missing_is_trained_and_nothing_else(written: Recipe, source: CorpusFiles, out: Path) -> None:
    whole = run(written, source, out, number=4, repeated=2)
    before = timeless(out)
    paths = sorted((out / TRAININGS).iterdir())
    gone = {paths[1].name, paths[4].name}
    times = {path.name: path.stat().st_mtime_ns for path in paths}
    for name in gone:
        (out / TRAININGS / name).unlink()
    assert plain(run(written, source, out, number=4, repeated=2)) == plain(whole)
    assert timeless(out) == before
    after = {path.name: path.stat().st_mtime_ns for path in (out / TRAININGS).iterdir()}
    assert {name for name in after if after[name] != times[name]} == gone


def test_a_table_that_is_whole_needs_no_corpus_any_more(written: Recipe, source: CorpusFiles, out: Path) -> None:
    whole = run(written, source, out, number=2)
    before = content(out)
    source.corpus.unlink()
    assert run(written, source, out, number=2) == whole
    assert content(out) == before


def test_a_table_grows_and_keeps_what_it_has(written: Recipe, source: CorpusFiles, out: Path, tmp_path: Path) -> None:
    run(written, source, out, number=2, repeated=1)
    before = content(out)
    grown = run(written, source, out, number=5, repeated=3)
    after = content(out)
    assert len(after) == 2 + 5 + 3
    assert before.items() <= after.items()
    assert plain(grown) == plain(run(written, source, tmp_path / "at once", number=5, repeated=3))


@pytest.mark.parametrize(
    ("number", "repeated", "message"),
    [
        (2, 1, "`archs`: expected at least the 3 that {} holds, found 2"),
        (3, 0, "`repeat`: expected at least the 1 that {} holds, found 0"),
    ],
)
def test_a_table_never_shrinks(
    written: Recipe, source: CorpusFiles, out: Path, number: int, repeated: int, message: str
) -> None:
    run(written, source, out, number=3, repeated=1)
    before = content(out)
    with pytest.raises(InputError) as caught:
        run(written, source, out, number=number, repeated=repeated)
    assert str(caught.value) == message.format(out)
    assert content(out) == before


PROGRAM = """
import json, sys
from pathlib import Path
from lpzero.training.build import build
from lpzero.engines import Serial
from lpzero.training.corpus import CorpusFiles
from lpzero.tables.recipe import Recipe
read = json.loads(sys.argv[1])
recipe = Recipe(**{**read, "betas": tuple(read["betas"]), "points": tuple(read["points"])})
source, out = CorpusFiles(Path(sys.argv[2]), None, "bytes"), Path(sys.argv[3])
with build(recipe, source, out, number=5, repeated=2, engine=Serial(), progress=lambda *_: None, say=print):
    pass
"""


def test_a_build_that_was_killed_goes_on_to_the_same_table(source: CorpusFiles, tmp_path: Path) -> None:
    written = small(source, steps=20, points=(10, 20))
    out = tmp_path / "killed"
    arguments = [json.dumps(asdict(written)), str(source.corpus), str(out)]
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, *arguments], cwd=root)
    deadline = time.monotonic() + 240
    while len(list(out.glob("trainings/*.json"))) < 2 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    kept = {name: text for name, text in content(out).items() if name.endswith(".json")}
    assert 2 + 2 <= len(kept) < 2 + 7
    resumed = run(written, source, out, number=5, repeated=2)
    whole = run(written, source, tmp_path / "whole", number=5, repeated=2)
    assert plain(resumed) == plain(whole)
    after = {name: text for name, text in content(out).items() if name.endswith(".json")}
    assert kept.items() <= after.items()
    assert after.keys() == content(tmp_path / "whole").keys()


def test_the_part_of_a_file_that_a_kill_left_is_no_training(written: Recipe, source: CorpusFiles, out: Path) -> None:
    whole = run(written, source, out, number=2)
    gone = next((out / TRAININGS).glob("0001-*"))
    (out / TRAININGS / f".{gone.name}.0123456789abcdef.part").write_text('{"id": "00')
    (out / f".{RECIPE}.0123456789abcdef.part").write_text('{"space": "fle')
    gone.unlink()
    assert plain(run(written, source, out, number=2)) == plain(whole)
    assert [name for name in content(out) if name.endswith(".part")] == []


def test_a_kill_in_the_very_beginning_can_be_gone_on_from(written: Recipe, source: CorpusFiles, out: Path) -> None:
    out.mkdir()
    (out / LOCK).touch()
    (out / f".{RECIPE}.0123456789abcdef.part").write_text('{"space": "fle')
    assert len(run(written, source, out, number=1)) == 1


def test_trainings_that_failed_are_kept_with_their_status_and_no_number(source: CorpusFiles, out: Path) -> None:
    written = small(source, learning_rate=1e30)
    records = run(written, source, out, number=2, repeated=1)
    assert [record.status for record in records] == ["diverged"] * 3
    for document in timeless(out / TRAININGS).values():
        assert document["loss"] is None
        assert document["curve"] == []
        assert (document["steps"], document["tokens"]) == (0, 0)
        assert "step 2" in document["reason"]
        assert document["parameters"]["total"] > 0
    # it is a result like others: nothing is trained again
    before = content(out)
    assert run(written, source, out, number=2, repeated=1) == records
    assert content(out) == before


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"steps": 11}, "steps 10 instead of 11"),
        ({"seed": 1}, "seed 0 instead of 1"),
        ({"learning_rate": 0.01}, "learning_rate 0.002 instead of 0.01"),
        ({"points": (10,)}, "points [5, 10] instead of [10]"),
        ({"mask_share": 0.15}, "mask_share 0.3 instead of 0.15"),
        ({"space": "gpt2"}, "space 'flexibert' instead of 'gpt2'"),
        ({"train_sha256": "0" * 64}, "train_sha256"),
    ],
)
def test_a_folder_of_another_recipe_is_refused_and_left(
    written: Recipe, source: CorpusFiles, out: Path, change: dict[str, Any], name: str
) -> None:
    run(written, source, out, number=1)
    before = content(out)
    with pytest.raises(InputError) as caught:
        run(replace(written, **change), source, out, number=2)
    assert str(caught.value).startswith(f"{out / RECIPE}: expected the recipe of this build, found one with {name}")
    assert str(caught.value).endswith("give another `out`")
    assert content(out) == before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "expected JSON, found a fault"),
        ("[]", "expected a recipe, found list"),
        ("{}", "found one with space None instead of 'flexibert'"),
        ('{"steps": 1, "steps": 1}', "key 'steps' twice"),
    ],
)
def test_a_damaged_recipe_is_refused_and_left(
    written: Recipe, source: CorpusFiles, out: Path, text: str, message: str
) -> None:
    out.mkdir()
    (out / RECIPE).write_text(text)
    with pytest.raises(InputError) as caught:
        run(written, source, out, number=1)
    assert str(out / RECIPE) in str(caught.value)
    assert message in str(caught.value)
    assert content(out) == {RECIPE: text.encode()}


def damage(path: Path, how: str) -> None:
    """Make a training file another one."""
    document = json.loads(path.read_text())
    if how == "cut":
        path.write_text(path.read_text()[:40])
    elif how == "empty":
        path.write_text("")
    elif how == "loss":
        path.write_text(json.dumps(document | {"loss": document["loss"] / 2}))
    elif how == "nan":
        path.write_text(json.dumps(document | {"loss": float("nan")}))
    elif how == "recipe":
        path.write_text(json.dumps(document | {"recipe": "0" * 16}))


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("cut", "expected JSON, found a fault at character"),
        ("empty", "expected JSON, found a fault at character 0 of 0"),
        ("loss", "a loss that ends the curve"),
        ("nan", "loss: expected a finite number, found nan"),
        ("recipe", "found one by '0000000000000000'"),
    ],
)
def test_a_damaged_training_is_named_and_left(
    written: Recipe, source: CorpusFiles, out: Path, how: str, message: str
) -> None:
    run(written, source, out, number=2)
    path = sorted((out / TRAININGS).iterdir())[1]
    damage(path, how)
    before = content(out)
    with pytest.raises(InputError) as caught:
        run(written, source, out, number=2)
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert content(out) == before


def test_a_damaged_training_is_found_before_the_others_are_trained(
    written: Recipe, source: CorpusFiles, out: Path
) -> None:
    run(written, source, out, number=1)
    damage(next((out / TRAININGS).iterdir()), "cut")
    before = content(out)
    with pytest.raises(InputError):
        run(written, source, out, number=3)
    assert content(out) == before


def test_the_training_of_another_architecture_is_refused(written: Recipe, source: CorpusFiles, out: Path) -> None:
    run(written, source, out, number=2)
    first, second = sorted((out / TRAININGS).iterdir())
    shutil.copy(first, second)
    with pytest.raises(InputError, match=second.name):
        run(written, source, out, number=2)


@pytest.mark.parametrize("kind", ["file", "nested", "taken"])
def test_a_folder_of_something_else_is_refused_and_left(
    written: Recipe, source: CorpusFiles, out: Path, kind: str
) -> None:
    if kind == "taken":
        out.write_text("a letter")
    else:
        out.mkdir()
        inner = out / TRAININGS if kind == "nested" else out
        inner.mkdir(exist_ok=True)
        (inner / "letter.txt").write_text("a letter")
    with pytest.raises(InputError) as caught:
        run(written, source, out, number=1)
    assert str(caught.value) == f"{out}: expected a new folder or one that a build began, found neither"
    files = [out] if kind == "taken" else [path for path in out.rglob("*") if path.is_file()]
    assert [file.read_text() for file in files] == ["a letter"]


def test_an_empty_folder_is_taken(written: Recipe, source: CorpusFiles, out: Path) -> None:
    out.mkdir()
    assert len(run(written, source, out, number=1)) == 1


@pytest.mark.parametrize(
    ("number", "repeated", "message"),
    [
        (2, 3, "expected from 0 to 2 architectures to repeat, found 3"),
        (2, -1, "expected from 0 to 2 architectures to repeat, found -1"),
        (0, 0, "expected at least 1 architecture, found 0"),
        (10621441, 0, "expected at most the 10621440 architectures of flexibert, found 10621441"),
    ],
)
def test_a_number_out_of_its_range_is_refused_and_nothing_written(
    written: Recipe, source: CorpusFiles, out: Path, number: int, repeated: int, message: str
) -> None:
    with pytest.raises(InputError) as caught:
        run(written, source, out, number=number, repeated=repeated)
    assert str(caught.value) == message
    assert not out.exists()


def test_every_architecture_may_be_repeated(written: Recipe, source: CorpusFiles, out: Path) -> None:
    assert len(run(written, source, out, number=2, repeated=2)) == 4


@pytest.mark.parametrize("part", ["corpus", "validation"])
def test_a_corpus_that_changed_in_between_is_refused(source: CorpusFiles, out: Path, tmp_path: Path, part: str) -> None:
    held = tmp_path / "held.txt"
    held.write_text("a dog sat on the mat. " * 40)
    both = replace(source, validation=held)
    written = small(both)
    run(written, both, out, number=1)
    before = content(out)
    changed = source.corpus if part == "corpus" else held
    changed.write_text(changed.read_text().replace("mat", "hat"))
    with pytest.raises(InputError, match="changed while the table was built: restore it"):
        run(written, both, out, number=3)
    assert content(out) == before


def test_a_corpus_that_went_in_between_is_named(written: Recipe, source: CorpusFiles, out: Path) -> None:
    run(written, source, out, number=1)
    before = content(out)
    source.corpus.unlink()
    with pytest.raises(InputError, match="expected a file of UTF-8 text, found none"):
        run(written, source, out, number=2)
    assert content(out) == before


def test_a_second_table_of_a_process_reads_its_corpus_anew(source: CorpusFiles, tmp_path: Path) -> None:
    run(small(source), source, tmp_path / "one", number=1)
    source.corpus.write_text("a dog ran to the door. " * 60)
    assert len(run(small(source), source, tmp_path / "two", number=1)) == 1


def test_a_folder_that_cannot_be_made_is_no_wrong_input(written: Recipe, source: CorpusFiles, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(LpzeroError, match="cannot be written") as caught:
        run(written, source, tmp_path / "file" / "out", number=1)
    assert not isinstance(caught.value, InputError | MissingError)
