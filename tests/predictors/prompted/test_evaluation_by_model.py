"""A whole evaluation with a language model: what it is sent, what it costs, and that nothing leaks either way."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import lpzero
from lpzero.cli.main import run
from lpzero.predictors import Known, Regression, Source
from lpzero.predictors.evaluation import Split, draw_splits
from lpzero.predictors.labels import labels_of
from lpzero.predictors.prompted import Prompt, Task
from lpzero.predictors.prompted.definitions import definitions, described
from lpzero.tables import Table, load_table
from tests.llm.server import Behaviour, Server, says

KEY = "sk-canary-0123456789"
SPLITS, ASKED = 2, 4


@pytest.fixture(scope="module")
def table() -> Table:
    return load_table("gpt2-own")


@pytest.fixture(scope="module")
def drawn_splits(table: Table) -> list[Split]:
    groups = table.groups(lpzero.get_space("gpt2", "own"))
    return draw_splits(groups, 10, SPLITS, 0, ASKED)


@pytest.fixture(scope="module")
def ridge(table: Table, drawn_splits: list[Split]) -> dict[str, float]:
    """What the ridge on the specification says, by the prompt that a language model is sent."""
    space, said = lpzero.get_space("gpt2", "own"), {}
    source = Source(space, ("spec",), (), probe=None, home=Path())  # type: ignore[arg-type]
    described_once = Known.of(source, [record.architecture for record in table.records])
    for split in drawn_splits:
        labelled = labels_of(table, split.labelled.tolist(), None)
        prompt = Prompt(space, Task.of(table), labelled)
        asked = [table.records[i].architecture for i in split.asked]
        for one, found in zip(asked, Regression("ridge", described_once).fit(labelled).predict(asked), strict=True):
            assert found.value is not None
            said[prompt.request(one).messages[0].text] = found.value
    assert len(said) == SPLITS * ASKED
    return said


@pytest.fixture
def arguments(llm_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("LPZERO_HOME", str(tmp_path / "home"))
    where = ["--endpoint", llm_server.address, "--model", "m", "--ledger", str(tmp_path / "ledger.jsonl")]
    return [
        *("predictor", "eval", "--predictor", "llm", "--table", "gpt2-own", "--features", "spec", "--json"),
        *("--splits", str(SPLITS), "--asked", str(ASKED), *where),
    ]


def answers(ridge: dict[str, float]) -> Behaviour:
    """Says what the ridge says, and the key, as a server that logs too much may."""
    return lambda handler, seen: says(f'{KEY} {{"value": {ridge[seen.body["messages"][0]["content"]]!r}}}')(
        handler, seen
    )


def test_a_model_that_says_what_the_ridge_says_is_as_good_and_a_second_run_calls_nobody(
    arguments: list[str],
    ridge: dict[str, float],
    drawn_splits: list[Split],
    table: Table,
    llm_server: Server,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    llm_server.does(answers(ridge))
    caplog.set_level(0)
    assert run(arguments) == 0
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    rows = {row["predictor"]: row for row in document["rows"]}
    assert list(rows) == ["llm", "mean", "params", "flops", "spec_ridge"]
    for figure in ("mae", "tau_a", "rho", "matched", "in_support"):
        assert rows["llm"][figure] == rows["spec_ridge"][figure], figure
    assert (document["labels"], rows["llm"]["failed"]) == (10, 0)
    number, asked = SPLITS * ASKED, document["asked"]
    assert (asked["calls"], asked["replies"], asked["cached"]) == (number, number, 0)
    assert (asked["statuses"], asked["temperature"]) == ({"ok": number}, 0.0)
    assert (asked["input"], asked["output"]) == (number * 40, number * 5)
    only_what_may_be_known(llm_server, drawn_splits, table)
    nothing_has_the_key(llm_server, tmp_path, captured.out + captured.err + caplog.text)
    assert run([*arguments, "--offline"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["rows"] == document["rows"]
    assert (again["asked"]["calls"], again["asked"]["cached"]) == (0, number)
    assert len(llm_server.seen) == number


def only_what_may_be_known(server: Server, splits: list[Split], table: Table) -> None:
    """Each request has the five parts, the labels of its draw, and no other."""
    space = lpzero.get_space("gpt2", "own")
    order = [(split, i) for split in splits for i in split.asked]
    for seen, (split, index) in zip(server.seen, order, strict=True):
        assert [message["role"] for message in seen.body["messages"]] == ["user"]
        text = seen.body["messages"][0]["content"]
        assert text.startswith("You estimate how good")
        assert "1. The measure is validation loss, in nats a byte; lower values are better." in text
        assert definitions(space) in text
        shown = re.findall(r"Trained network \d+\n(.*?)\nmillion.*?\nvalidation loss: ([0-9.]+)", text, re.DOTALL)
        wanted = [table.records[i] for i in split.labelled]
        assert sorted(shown) == sorted((described(space, r.architecture), f"{r.quality:.3f}") for r in wanted)
        query = text.rsplit("Network to estimate\n", 1)[1]
        assert query.startswith(described(space, table.records[index].architecture) + "\nmillion parameters: ")
        # the only measures are those of the demonstrations
        assert len(re.findall(r"validation loss: *[0-9]", text)) == 10
        assert "gpt2-own" not in text


def nothing_has_the_key(server: Server, folder: Path, said: str) -> None:
    """The key was sent as one, and is in nothing else that was sent, said or written."""
    assert all(seen.headers["authorization"] == f"Bearer {KEY}" for seen in server.seen)
    assert KEY not in json.dumps([seen.body for seen in server.seen])
    assert KEY not in said
    written = [path for path in folder.rglob("*") if path.is_file()]
    assert {"replies.sqlite", "ledger.jsonl"} <= {path.name for path in written}
    assert not [path for path in written if KEY.encode() in path.read_bytes()]


@pytest.mark.parametrize(
    ("more", "code", "message"),
    [
        (["--predictor", "ridge"], 2, "--endpoint: 'ridge' asks no language model: give llm"),
        (["--calibrate", "offset"], 2, "--calibrate: llm is fitted to the labels: give a proxy"),
        (["--samples", "3"], 2, "--samples: at a --temperature of 0 all would say the same"),
        (["--asked", "3"], 2, "--asked: expected at least 4 architectures to ask about, found 3"),
        (["--offline"], 3, "--offline: expected a reply of m in the cache, found none"),
        (["--call-limit", "0"], 3, "--call-limit: 0 of 0 spent, and the next call may take 1: raise it to go on"),
        (["--key-variable", "NO_KEY_HERE"], 3, "NO_KEY_HERE: expected the key of the endpoint in this environment"),
    ],
)
def test_wrong_use_is_a_line(
    more: list[str], code: int, message: str, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*arguments, *more]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines()[-1].startswith(f"lpzero: error: {message}")


def test_a_model_needs_an_endpoint(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["predictor", "eval", "--predictor", "llm", "--table", "gpt2-own"]) == 2
    assert "--endpoint and --model are missing" in capsys.readouterr().err
