"""The command line as a whole: quick help, one line for every error, exit codes, signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lpzero.cli.main import run
from lpzero.tables import TABLES

SMALL = [
    "--start",
    "random",
    "--population",
    "10",
    "--search-size",
    "8",
    "--validation-size",
    "4",
    "--batch",
    "2",
    "--tokens",
    "8",
]


@pytest.fixture(autouse=True)
def _folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LPZERO_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def _python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)


def _package() -> str:
    return str(Path(__file__).resolve().parents[2])


@pytest.mark.parametrize(
    "command",
    [
        "",
        "evolve",
        "search",
        "rank",
        "transfer",
        "explain",
        "score",
        "build",
        "export",
        "tables",
        "spaces",
        "llm",
        "doctor",
    ],
)
def test_help_is_printed_and_loads_nothing_heavy(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", _package())
    code = (
        "import sys\nfrom lpzero.cli.main import run\n"
        f"code = run({[*command.split(), '--help']!r})\n"
        "loaded = {'torch', 'transformers', 'numpy', 'scipy', 'sympy', 'deap'} & set(sys.modules)\n"
        "sys.exit(code or (3 if loaded else 0))"
    )
    done = _python("-c", code)
    assert done.returncode == 0, done.stderr
    assert "Usage: lpzero" in done.stdout


BAD = [
    (["evolve", "--space", "flexbert"], 2, "unknown space 'flexbert': expected one of flexibert, gpt2"),
    (["evolve"], 2, "--space is missing: expected one of flexibert, gpt2"),
    (["evolve", "--space", "flexibert", "--table", "glue"], 2, "unknown table 'glue'"),
    (["evolve", "--space", "flexibert", "--table", "gpt2-wt103"], 2, "of space gpt2"),
    (["evolve", "--space", "flexibert", "--protocol", "x"], 2, "expected one of trained, listed, legacy, own"),
    (["evolve", "--space", "transfo-xl", "--protocol", "own"], 2, "unknown protocol 'own': expected one of lts"),
    (["evolve", "--table", "flexibert-own", "--protocol", "listed"], 2, "on other models than 'listed': expected own"),
    (["evolve", "--space", "gpt2", "--protocol", "own-4096"], 2, "no known table of gpt2 was measured on"),
    (["evolve", "--space", "flexibert", "--grammar", "koza"], 2, "grammar"),
    (["evolve", "--space", "flexibert", "--population", "2"], 2, "population"),
    (["evolve", "--space", "flexibert", "--budget", "inf"], 2, "budget"),
    (["evolve", "--space", "flexibert", "--elite", "200"], 2, "fewer than the population"),
    (["evolve", "--space", "flexibert", "--budget", "soon"], 2, "90s, 3m or 1h30m"),
    (["evolve", "--space", "flexibert", "--jobs", "0"], 2, "--jobs: expected at least 1"),
    (["evolve", "--space", "flexibert", "--grammar", "lpzero", "--max-depth", "5"], 2, "at least 7"),
    (["evolve", "--space", "flexibert", "--tokens", "600"], 2, "at most 64 tokens"),
    (["evolve", "--space", "flexibert", "--config", "nowhere.json"], 2, "nowhere.json: no such file"),
    (["evolve", "--resume", "nowhere"], 2, "nowhere: expected the folder of a run with config.json, found none"),
    (["evolve", "--resume", "x", "--generations", "9"], 2, "--generations has no effect beside --resume"),
    (["evolve", "--nonsense"], 2, "No such option"),
    (["dance"], 2, "No such command"),
    (["rank", "snip"], 2, "Missing option '--table'"),
    (["rank", "--table", "glue"], 2, "unknown table 'glue': expected one of flexibert-own, gpt2-own"),
    (["rank", "snap", "--table", "flexibert-glue"], 2, "unknown proxy 'snap'"),
    (["rank", "sum(l2(weight))", "--table", "flexibert-glue"], 2, "unknown primitive 'l2'"),
    (["rank", "__import__('os')", "--table", "flexibert-glue"], 2, "column 1"),
    (["evolve", "--table", "gpt2-own", "--table", "gpt2-own"], 2, "--table: expected each table once, found gpt2-own"),
    (
        ["evolve", "--table", "gpt2-own", "--hold-out", "gpt2-own"],
        2,
        "--table: expected each table once, found gpt2-own",
    ),
    (
        ["evolve", "--table", "gpt2-own", "--table", "llama-own", "--space", "gpt2"],
        2,
        "write several tables as NAME:PROTOCOL",
    ),
    (["evolve", "--table", "gpt2-own", "--table", "llama-own:7b"], 2, "on other models than '7b': expected own"),
    (["evolve", "--table", "gpt2-own", "--worst"], 2, "--worst: expected several tables to take the worst of"),
    (
        ["evolve", "--table", "gpt2-own", "--leave-one-out"],
        2,
        "--leave-one-out: give the folder of its runs as --output",
    ),
    (
        ["evolve", "--table", "gpt2-own", "--leave-one-out", "--output", "x"],
        2,
        "expected 3 tables or more to leave one out",
    ),
    (["evolve", "--leave-one-out", "--output", "x", "--hold-out", "gpt2-own"], 2, "expected 3 tables or more"),
    (["evolve", "--table", "gpt2-own", "--grammar", "weighted", "--terms", "12"], 2, "lower --terms or --max-size"),
    (
        ["evolve", "--table", "gpt2-own", "--grammar", "weighted", "--objective", "plain"],
        2,
        "--objective: expected joint",
    ),
    (["evolve", "--table", "gpt2-own", "--pairs", "some"], 2, "'some' is not one of 'all', 'matched', 'width'"),
    (["rank", "1e999 * depth", "--table", "gpt2-own"], 2, "expected a finite constant, found a larger one"),
    (["transfer", "--tables", "glue"], 2, "unknown table 'glue': expected one of flexibert-own, gpt2-own"),
    (["transfer", "--tables", "gpt2-wt103:own"], 2, "on other models than 'own': expected lts"),
    (["transfer", "snap"], 2, "unknown proxy 'snap'"),
    (["transfer", "snip", "--tables", "flexibert-own", "--tokens", "65"], 2, "at most 64 tokens for flexibert"),
    (["transfer", "--jobs", "0"], 2, "--jobs: expected at least 1"),
    (["explain", "snip"], 2, "Missing option '--table'"),
    (["explain", "--table", "gpt2-own"], 2, "Missing argument 'PROXY'"),
    (["explain", "snap", "--table", "gpt2-own"], 2, "unknown proxy 'snap'"),
    (["explain", "snip", "--table", "glue"], 2, "unknown table 'glue'"),
    (["explain", "snip", "--table", "gpt2-own", "--protocol", "lts"], 2, "expected own"),
    (["explain", "snip", "--table", "gpt2-own", "--archs", "3"], 2, "expected from 4 to 128, all of gpt2-own, found 3"),
    (["explain", "snip", "--table", "gpt2-own", "--archs", "129"], 2, "all of gpt2-own, found 129"),
    (["explain", "snip", "--table", "gpt2-own", "--redraws", "0"], 2, "at least 1 redrawn initialisation"),
    (["explain", "snip", "--table", "flexibert-own", "--tokens", "65"], 2, "at most 64 tokens for flexibert"),
    (["export", "snip", "--format", "word"], 2, "expected one of text, sympy, latex, python, json"),
    (["export", "params"], 2, "coded metric, not a formula"),
    (["export", "weight.real"], 2, "found an attribute"),
    (["score", "nowhere.py"], 2, "nowhere.py: no such file"),
    (["spaces", "show", "nope"], 2, "unknown space"),
    (["tables", "show", "nope"], 2, "unknown table"),
    (["tables", "fetch", "nope"], 2, "unknown table"),
]


@pytest.mark.parametrize(("arguments", "code", "words"), BAD, ids=[" ".join(b[0]) for b in BAD])
def test_bad_input_ends_in_one_line_and_its_code(
    data: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
    words: str,
) -> None:
    monkeypatch.setenv("LPZERO_DATA", str(data))
    assert run(arguments) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert words in captured.err
    assert "Traceback" not in captured.err
    assert not Path("runs").exists()


@pytest.mark.parametrize(
    "arguments",
    [["evolve", "--table", "flexibert-glue"], ["rank", "--table", "gpt2-wt103"], ["tables", "show", "gpt2-wt103"]],
)
def test_missing_data_is_exit_3_with_the_command_that_gets_it(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LPZERO_DATA", str(tmp_path / "empty"))
    assert run(arguments) == 3
    captured = capsys.readouterr()
    assert "lpzero tables fetch" in captured.err
    assert captured.out == ""
    assert not Path("runs").exists()


def test_export_writes_each_format(capsys: pytest.CaptureFixture[str]) -> None:
    for format_, words in (
        ("text", "sum(l1(weight * grad))"),
        ("sympy", "Function('l1')"),
        ("latex", "\\lVert"),
        ("python", "def score(operands)"),
        ("json", '"higher_is_better": true'),
    ):
        assert run(["export", "snip", "--format", format_]) == 0
        assert words in capsys.readouterr().out
    assert run(["export", "snip", "--output", "snip.txt"]) == 0
    assert Path("snip.txt").read_text() == "sum(l1(weight * grad))\n"
    assert run(["export", "snip", "--output", "snip.txt"]) == 2
    assert "exists and is left as it is" in capsys.readouterr().err


def test_doctor_and_spaces_print_documents(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == 1
    assert found["problems"] == []
    assert set(found["tables"]) == set(TABLES)
    assert run(["spaces", "list", "--json"]) == 0
    names = [space["name"] for space in json.loads(capsys.readouterr().out)["spaces"]]
    assert names == ["flexibert", "gpt2", "transfo-xl", "llama", "hwgpt", "rnn", "hat-mt"]
    assert run(["spaces", "show", "gpt2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["example"]["space"] == "gpt2"
    for command in (["doctor"], ["spaces", "list"], ["spaces", "show", "flexibert", "--protocol", "legacy"]):
        assert run(command) == 0
        assert "flexibert" in capsys.readouterr().out


@pytest.mark.parametrize("home", ["file/inside", "file"])
def test_a_cache_that_cannot_be_written_is_said_before_there_is_a_run(
    data: Path, home: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LPZERO_DATA", str(data))
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LPZERO_HOME", str(tmp_path / home))
    assert run(["evolve", "--space", "flexibert"]) == 1
    assert "set LPZERO_HOME to one that can" in capsys.readouterr().err
    assert not Path("runs").exists()


def test_stdout_that_cannot_be_written_is_one_line(data: Path) -> None:
    environment = {**os.environ, "LPZERO_DATA": str(data), "PYTHONPATH": _package()}
    for arguments, redirect in ((["tables", "list"], ">&-"), (["export", "snip"], ">/dev/full")):
        command = " ".join([sys.executable, "-m", "lpzero", *arguments, redirect])
        done = subprocess.run(command, shell=True, env=environment, capture_output=True, text=True, check=False)  # noqa: S602
        assert "Traceback" not in done.stderr, done.stderr


def test_a_folder_that_holds_no_finished_run_is_no_formula(capsys: pytest.CaptureFixture[str]) -> None:
    Path("unfinished").mkdir()
    assert run(["export", "unfinished"]) == 2
    assert "expected the folder of a finished run" in capsys.readouterr().err


def test_doctor_says_what_is_wrong(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LPZERO_HOME", str(tmp_path / "file" / "inside"))
    monkeypatch.setenv("LPZERO_DATA", str(tmp_path / "nowhere"))
    assert run(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "set LPZERO_HOME to one that can" in out
    assert "which is no folder" in out


def test_rank_prints_the_promised_document(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LPZERO_DATA", str(data))
    arguments = ["rank", "params", "--proxy", "depth", "--table", "flexibert-glue", "--protocol", "legacy"]
    assert run([*arguments, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert {"schema", "table", "protocol", "n", "scores"} <= set(document)
    assert [row["proxy"] for row in document["scores"]] == ["params", "depth"]
    for row in document["scores"]:
        assert {"proxy", "direction", "status", "tau_b", "tau_a", "rho", "distinct"} <= set(row)
        assert 0 < row["distinct"] <= 1
    assert run(arguments) == 0
    assert "0.454" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("number", "code", "word"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")]
)
def test_a_signal_keeps_the_run_and_has_its_code(data: Path, tmp_path: Path, number: int, code: int, word: str) -> None:
    environment = {**os.environ, "LPZERO_DATA": str(data), "PYTHONPATH": _package()}
    command = [sys.executable, "-m", "lpzero", "evolve", "--table", "flexibert-glue", *SMALL]
    command += ["--generations", "100000", "--output", "run", "--jobs", "2"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    checkpoint = tmp_path / "run" / "state" / "checkpoint.json"
    deadline = time.monotonic() + 120
    while not checkpoint.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    assert word in err
    assert "lpzero evolve --resume run" in err
    assert out == ""
    assert "Traceback" not in err
    assert json.loads(checkpoint.read_text())["islands"]


def test_an_interrupt_amid_a_text_that_is_executed_has_its_code_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", _package())
    # Python remembers such an interrupt where it runs a module
    (tmp_path / "amid.py").write_text(
        "import os, signal\n"
        "from lpzero.cli import main\n"
        "text = 'os.kill(os.getpid(), signal.SIGINT)\\nwhile True: pass'\n"
        "main.lpzero.main = lambda **_: exec(text)\n"
        "main.main()\n"
    )
    command = [sys.executable, "-m", "amid"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (130, "lpzero: interrupted\n")


def test_a_termination_that_a_destructor_swallows_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", _package())
    code = (
        "import os, signal, sys, time\n"
        "from lpzero.cli import main\n"
        "main.REDELIVERY_S = 0.3\n"
        "signal.signal(signal.SIGTERM, main._terminate)\n"
        "class Swallows:\n"
        "    def __del__(self):\n"
        "        os.kill(os.getpid(), signal.SIGTERM)\n"
        "        time.sleep(0.1)\n"
        "Swallows()\n"
        "try:\n"
        "    time.sleep(20)\n"
        "except main._Terminated:\n"
        "    sys.exit(7)\n"
    )
    done = _python("-c", code)
    assert "Exception ignored in" in done.stderr
    assert done.returncode == 7


def test_settings_come_from_flags_then_environment_then_file(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LPZERO_DATA", str(data))
    seen: list[tuple[int, int, int]] = []

    def stop(_path: Path, config: object) -> None:
        seen.append((config.seed, config.population, config.generations))  # type: ignore[attr-defined]
        raise KeyboardInterrupt

    monkeypatch.setattr("lpzero.evolution.discovery.folder.DiscoveryRunFolder.create", stop)
    Path("mine.json").write_text(json.dumps({"seed": 1, "population": 11, "generations": 12}))
    monkeypatch.setenv("LPZERO_EVOLVE_SEED", "2")
    monkeypatch.setenv("LPZERO_EVOLVE_POPULATION", "22")
    command = ["evolve", "--space", "flexibert", "--config", "mine.json", "--seed", "3"]
    assert run(command) == 130
    assert seen == [(3, 22, 12)]
    for wrong in ([1], 1.5, "7", None):
        Path("mine.json").write_text(json.dumps({"population": wrong}))
        assert run(command) == 2
        assert "mine.json: population:" in capsys.readouterr().err
    Path("mine.json").write_text(json.dumps({"sead": 1}))
    assert run(command) == 2
    assert "unknown setting 'sead': expected some of space" in capsys.readouterr().err
