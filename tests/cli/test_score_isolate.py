"""``lpzero score --isolate``: equal results, and every end that a model's process can come to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from lpzero.cli.main import run
from lpzero.engines import Limits
from lpzero.errors import InputError, LpzeroError, MissingError
from lpzero.scoring import isolation
from lpzero.scoring.isolation import environment, score_isolated
from lpzero.scoring.score import Request

MODEL = """
import torch
from torch import nn
class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.out = nn.Embedding(50, 16), nn.Linear(16, 50)
    def forward(self, x):
        return self.out(self.words(x))
def build_model():
    return Model()
"""
# the working directory and what lies beside the file are there; secrets, the old home and the other process are not
GOOD = """
import os, threading, time
from pathlib import Path
from beside import WIDTH
print("{}")
Path("seen.txt").write_text(f"{os.getpid()} {Path.home()} {'MY_TOKEN' in os.environ}")
Path(Path.home(), "left.txt").write_text("left behind")
if "MY_TOKEN" not in os.environ:
    os.write(1, b'{"document": "forged"}')
    threading.Thread(target=time.sleep, args=(1000,)).start()
"""
CONFIG = {"model_type": "gpt2", "n_layer": 2, "n_embd": 16, "n_head": 2, "vocab_size": 90, "n_positions": 32}
SMALL = ["--proxy", "snip", "--proxy", "params", "--batch", "2", "--tokens", "8", "--jobs", "1"]
REQUEST = Request(("params",), 0, 2, 8, "cpu", 0, None, 1)
HEAD = "import sys; sys.path[:] = sys.argv[2:]; import json, os, time; from pathlib import Path\n"
SLEEP = "time.sleep(1000)"
SCORE = {"proxy": "params", "value": 3.0, "direction": "higher", "status": "ok", "seconds": 0.1}
PERCENTILES = {"space": "gpt2", "protocol": "own", "drawn": 2, "of": {"other": 50.0}}
DOCUMENT: dict[str, Any] = {
    **{"model": "m.py", "space": None, "protocol": None, "params": 3, "seed": 0},
    "costs": {"params": 3, "nonembedding": 3, "bytes": 12, "flops": 3},
    **{"batch_sha256": "0" * 64, "percentiles": None},
    "scores": [SCORE],
}


@pytest.fixture(autouse=True)
def _folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Starts a few lines in place of the process of a model, which takes seconds to start."""
    return lambda lines: monkeypatch.setattr(isolation, "_START", HEAD + lines)


def answering(answer: str) -> str:
    """The lines that leave an answer."""
    return f"Path(sys.argv[1], {isolation.ANSWER!r}).write_text({answer!r})"


def test_the_result_is_that_of_the_same_process(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_TOKEN", "secret")
    Path("beside.py").write_text("WIDTH = 16\n")
    Path("good.py").write_text(GOOD + MODEL)
    Path("config.json").write_text(json.dumps(CONFIG))
    asked = ["score", "config.json", "good.py", *SMALL, "--percentiles", "2", "--within", "gpt2", "--json"]
    found = []
    for isolate in ([], ["--isolate"]):
        assert run([*asked, *isolate]) == 0
        document = json.loads(capfd.readouterr().out)
        for row in document["models"]:
            assert all(score.pop("seconds") >= 0 for score in row["scores"])
        assert {score["status"] for row in document["models"] for score in row["scores"]} == {"ok"}
        found.append(document)
    assert found[0] == found[1]
    process, home, secret = Path("seen.txt").read_text().split()
    assert (int(process) != os.getpid(), secret) == (True, "False")
    assert Path(home) != Path.home()
    assert not Path(home).exists()


def test_what_ends_badly_is_left_out_and_the_others_go_on(capfd: pytest.CaptureFixture[str]) -> None:
    bad = {
        "raises.py": ("raise ValueError('no\\nway')", "raises.py raised ValueError: no"),
        "forges.py": (
            f"import os; os.write(1, {json.dumps({'document': DOCUMENT})!r}.encode()); os._exit(0)",
            "forges.py: expected a result, found none: its process ended with exit code 0",
        ),
        "eats.py": ("hoard = bytearray(2 * 10**9)", "eats.py: expected to fit in 1,000,000,000 bytes"),
    }
    for name, (text, _) in bad.items():
        Path(name).write_text(text)
    Path("nan.py").write_text(MODEL.replace("return self.out(", "return torch.nan * self.out("))
    assert run(["score", *bad, "nan.py", *SMALL, "--isolate", "--memory-limit", "1GB", "--json"]) == 1
    captured = capfd.readouterr()
    (row,) = json.loads(captured.out)["models"]
    assert (row["model"], [score["status"] for score in row["scores"]]) == ("nan.py", ["nonfinite", "ok"])
    for name, (_, words) in bad.items():
        (line,) = [line for line in captured.err.splitlines() if f"{name}: left out: " in line]
        assert words in line
    assert "Traceback" not in captured.err


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (SLEEP, "m.py: expected a result within 1 s, found none: give it a longer `time_limit`"),
        ("sys.exit(3)", "its process ended with exit code 3"),
        ("os.kill(os.getpid(), 9)", "its process was killed by SIGKILL, perhaps for memory"),
        ("os.kill(os.getpid(), 40)", "its process was killed by signal 40"),
        (f"print({json.dumps(DOCUMENT)!r})", "expected a result, found none"),
        (f"os.mkfifo(Path(sys.argv[1], {isolation.ANSWER!r}))", "expected a result, found none"),
        (answering("{"), "expected a result, found something else"),
        (answering("[]"), "found something else"),
        (answering("{}"), "found something else"),
        (answering(json.dumps({**DOCUMENT, "model": "other.py"})), "found something else"),
        (answering(json.dumps({**DOCUMENT, "scores": []})), "found something else"),
        (answering(json.dumps({**DOCUMENT, "more": 1})), "found something else"),
        (answering(json.dumps({**DOCUMENT, "costs": {}})), "found something else"),
        (answering(json.dumps({**DOCUMENT, "percentiles": PERCENTILES})), "found something else"),
        (answering(json.dumps({**DOCUMENT, "scores": [{**SCORE, "proxy": "other"}]})), "found something else"),
        (answering(json.dumps({**DOCUMENT, "params": float("nan")})), "found something else"),
        (answering(json.dumps({"error": 3, "exit_code": 1})), "found something else"),
        (answering(json.dumps({"error": "one\ntwo", "exit_code": 77})), "^one$"),
        (answering(json.dumps({"error": "\x1b[2J", "exit_code": 1})), r"^\\x1b\[2J$"),
        (
            f"os.truncate(os.open(Path(sys.argv[1], {isolation.ANSWER!r}), os.O_CREAT | os.O_RDWR), 1 << 40)",
            "something else",
        ),
        (answering("[" * 100_000), "found something else"),
    ],
)
def test_every_end_of_a_process_is_one_line(stand_in: Callable[[str], None], lines: str, words: str) -> None:
    stand_in(lines)
    started = time.monotonic()
    with pytest.raises(LpzeroError, match=words) as caught:
        score_isolated("m.py", REQUEST, ["params"], Limits(1 if lines == SLEEP else 60, None))
    assert (caught.value.exit_code, "\n" in str(caught.value)) == (1, False)
    assert time.monotonic() - started < 30


def test_an_error_keeps_its_exit_code_and_a_document_its_values(stand_in: Callable[[str], None]) -> None:
    for kind in (InputError, MissingError):
        stand_in(answering(json.dumps({"error": "no", "exit_code": kind.exit_code})))
        with pytest.raises(kind, match=r"^no$"):
            score_isolated("m.py", REQUEST, ["params"], Limits(60, None))
    stand_in(answering(json.dumps(DOCUMENT)))
    assert score_isolated("m.py", REQUEST, ["params"], Limits(60, None)).to_json() == DOCUMENT


# one process of the session, and one that leaves it
FORKS = """
for leaves in (False, True):
    if not os.fork():
        if leaves:
            os.setsid()
        Path(f"{leaves}.pid").write_text(str(os.getpid()))
        time.sleep(1000)
while not (Path("False.pid").exists() and Path("True.pid").exists()):
    time.sleep(0.01)
"""


@pytest.mark.parametrize("ends", ["sys.exit(3)", SLEEP])
def test_what_a_process_starts_ends_with_it(stand_in: Callable[[str], None], ends: str) -> None:
    stand_in(FORKS + ends)
    with pytest.raises(LpzeroError, match="expected a result"):
        score_isolated("m.py", REQUEST, ["params"], Limits(5, None))
    for name in ("False.pid", "True.pid"):
        assert ended(int(Path(name).read_text()))


def ended(process: int) -> bool:
    """Whether a process is gone within some seconds, or a zombie, which an init process may leave for a while."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            if psutil.Process(process).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.05)
    return False


# the command line around it, without torch, which takes seconds to load
WAITING = """
from dataclasses import dataclass
from lpzero.cli import main
from lpzero.scoring import isolation
@dataclass(frozen=True)
class Request:
    seed: int = 0
    proxies: tuple[str, ...] = ()
isolation._START = '''import sys; sys.path[:] = sys.argv[2:]; import os, time
from pathlib import Path
from lpzero.scoring import child
def wait(order):
    Path("running.pid.part").write_text(str(os.getpid()))
    Path("running.pid.part").rename("running.pid")
    time.sleep(1000)
child._answer = wait
child.main(sys.argv[1])'''
main.lpzero.main = lambda **_: isolation.score_isolated("m.py", Request(), [], isolation.Limits(1000, None))
main.main()
"""


@pytest.mark.parametrize(
    ("number", "code", "words"),
    [
        (signal.SIGINT, 130, "lpzero: interrupted"),
        (signal.SIGTERM, 143, "lpzero: terminated"),
        (signal.SIGKILL, -9, ""),
    ],
)
def test_a_signal_ends_both_processes(monkeypatch: pytest.MonkeyPatch, number: int, code: int, words: str) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[2]))
    with subprocess.Popen(
        [sys.executable, "-c", WAITING], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        deadline = time.monotonic() + 120
        while not Path("running.pid").exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err.strip()) == (code, "", words)
    assert ended(int(Path("running.pid").read_text()))


def test_the_environment_is_a_list_of_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = ("HTTPS_PROXY", "no_proxy", "HF_TOKEN", "HF_HOME", "AWS_SECRET_ACCESS_KEY", "SSH_AUTH_SOCK", "PYTHONPATH")
    for name in (*secret, "LC_ALL", "OMP_NUM_THREADS"):
        monkeypatch.setenv(name, "here")
    monkeypatch.setenv("LPZERO_DATA", "~/data")
    monkeypatch.setenv("LPZERO_HOME", "cache")
    found = environment(Path("new"))
    given = {
        *isolation.KEPT,
        "LC_ALL",
        "LPZERO_DATA",
        "LPZERO_HOME",
        "HF_HUB_CACHE",
        "HF_HUB_OFFLINE",
        "HOME",
        "TMPDIR",
    }
    assert found.keys() <= given | {name for name in found if name.startswith("LC_")}
    assert not found.keys() & set(secret)
    assert (found["LC_ALL"], found["OMP_NUM_THREADS"], found["HF_HUB_OFFLINE"]) == ("here", "here", "1")
    # the home is another one, and so may be the working directory of what it starts
    assert found["LPZERO_DATA"] == str(Path.home() / "data")
    assert found["LPZERO_HOME"] == str(tmp_path / "cache")
    assert (found["HOME"], found["TMPDIR"]) == ("new", "new")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--time-limit", "5m"], "--time-limit: expected --isolate beside it, found none"),
        (["--memory-limit", "1GiB"], "--memory-limit: expected --isolate beside it, found none"),
        (["--isolate", "--time-limit", "0"], "--time-limit: expected more than 0, found 0"),
        (["--isolate", "--memory-limit", "0"], "--memory-limit: expected more than 0, found 0"),
        (["--isolate", "--memory-limit", "much"], "expected a size"),
    ],
)
def test_limits_that_mean_nothing_are_refused(
    capsys: pytest.CaptureFixture[str], options: list[str], words: str
) -> None:
    Path("model.py").write_text(MODEL)
    assert run(["score", "model.py", *options]) == 2
    assert words in capsys.readouterr().err
