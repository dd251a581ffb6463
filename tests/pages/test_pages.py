"""Every block of the pages that is a command or a script is carried out, or says why not.

A page is gone through in a folder of its own: files that it shows are written, commands and scripts are given in order,
as they stand, but for what ``smaller.py`` lists, and what a page takes for given comes from ``stand_ins.py``. The
commands of ``FAST`` run in the usual suite, the others with ``pytest -m slow``.
"""

from __future__ import annotations

import io
import logging
import os
import re
import runpy
import shlex
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from lpzero.cli.main import run
from lpzero.tables import load
from tests.llm.server import Server, says
from tests.pages.blocks import COMMANDS, PAGES, SCRIPT, SHOWN, Block, blocks, blocks_of
from tests.pages.smaller import NUMBERS, SETTINGS, WHOLE, smaller
from tests.pages.stand_ins import STAND_INS, Store, named
from tests.pages.thinned import thinned

LOG = logging.getLogger(__name__)
SERVER = "http://127.0.0.1:8000/v1"
ARCHITECTURE = re.compile(r"(runs/\w+/architectures/)0123456789abcdef")

FAST: dict[str, tuple[str, ...]] = {
    "README.md": ("lpzero tables show", "lpzero score model.py", "lpzero build", "lpzero export"),
    "docs/agents.md": ("echo", "lpzero score config.json"),
    "docs/start.md": ("lpzero report", "lpzero doctor", "lpzero tables list", "lpzero spaces list", "lpzero export"),
    "docs/howto/gpu.md": ("lpzero doctor",),
    "docs/howto/language-model.md": ("lpzero llm", "lpzero predictor eval"),
    "docs/howto/own-model.md": ("lpzero score path/to/model", "lpzero score architecture.toml"),
    "docs/howto/own-space.md": ("lpzero spaces show", "lpzero search"),
    "docs/howto/own-table.md": ("lpzero tables list", "lpzero tables show", "lpzero tables import"),
    "docs/howto/report.md": ("lpzero report", "lpzero runs", "lpzero watch"),
}
"""Page -> how the commands and scripts begin that run in the usual suite."""


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cache folder of all pages: what one has computed serves the next."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """What pages take for given."""
    return Store(tmp_path_factory.mktemp("given"))


@pytest.fixture(autouse=True)
def _settings(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LPZERO_HOME", str(home))
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    monkeypatch.setenv("BROWSER", "true")  # a program that opens nothing
    # what a shell finds as `lpzero` and as `python`
    programs = tmp_path / "programs"
    programs.mkdir()
    for name, words in {"lpzero": ["-m", "lpzero"], "python": []}.items():
        program = programs / name
        program.write_text(f'#!/bin/sh\nexec {shlex.join([sys.executable, *words])} "$@"\n')
        program.chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([str(programs), os.environ["PATH"]]))


@pytest.fixture
def server() -> Iterator[Server]:
    """A language model that knows two numbers, a BLEU and a loss."""
    with Server() as one:
        one.does(lambda handler, seen: says("25.6" if "BLEU" in str(seen.body) else "2.75")(handler, seen))
        yield one


def steps(block: Block) -> list[str]:
    """What of a block is carried out: its lines, or the whole script."""
    if block.reason or block.title:
        return []
    return [block.text] if block.language == SCRIPT else block.commands()


def is_fast(page: str, step: str) -> bool:
    """Whether it runs in the usual suite."""
    return step.startswith(FAST.get(page, ()))


def as_given(step: str, folder: Path, server: Server) -> str:
    """What is carried out of a step of a page."""
    return ARCHITECTURE.sub(
        lambda found: str(next((folder / found[1]).iterdir()).relative_to(folder)),
        smaller(step).replace(SERVER, server.address),
    )


def carried_out(step: str, language: str, folder: Path) -> str:
    """What was wrong with a command or a script in its folder; empty where nothing was.

    A script, and a line that is one command of ours, run in this process, which spares the imports.
    """
    said = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stderr(said):
        patch.chdir(folder)
        if not step.startswith(WHOLE):
            patch.setattr(load, "load_trained", thinned(load.load_trained))
        words = shlex.split(step, comments=True) if language == COMMANDS else []
        if language == SCRIPT:
            code = _script(step, said)
        elif words[0] == "lpzero":
            code = _command(words[1:])
        else:
            done = subprocess.run(["bash", "-ec", step], check=False, stderr=subprocess.PIPE, text=True)
            code = done.returncode
            said.write(done.stderr)
    LOG.info("%d %s", code, step)
    return "" if code == 0 else f"{step}\n  ends with {code}: {said.getvalue()[-1500:]}"


def _command(words: list[str]) -> int:
    """What a command of ours ends with; what it prints goes where the line says."""
    out = io.StringIO()
    *words, file = words if words[-2:-1] == [">"] else [*words, ""]
    paths = [sorted(map(str, Path().glob(word))) or [word] if "*" in word else [word] for word in words if word != ">"]
    with redirect_stdout(out):
        code = run([one for found in paths for one in found])
    if file:
        Path(file).write_text(out.getvalue())
    return code


def _script(text: str, said: io.StringIO) -> int:
    script = Path("script.py").resolve()  # processes that it starts read it from elsewhere
    script.write_text(text)
    try:
        with redirect_stdout(io.StringIO()):
            runpy.run_path(str(script), run_name="__main__")
    except Exception:
        said.write(traceback.format_exc())
        return 1
    return 0


@pytest.fixture
def page_folder(tmp_path: Path) -> Path:
    """Where a page is gone through."""
    folder = tmp_path / "page"
    folder.mkdir()
    return folder


def wrong_on(page: str, store: Store, server: Server, folder: Path, chosen: Callable[[str], bool]) -> list[str]:
    """What is wrong with the chosen steps of a page, from its top."""
    wrong, given = [], blocks_of(page)
    # a page may show a file behind the command that reads it
    for block in given:
        if block.title:
            (folder / block.title).write_text(smaller(block.text))
            store.provide(block.text, folder)
    for block in given:
        for step in filter(chosen, steps(block)):
            store.provide(step, folder)
            wrong.append(carried_out(as_given(step, folder, server), block.language, folder))
    return [one for one in wrong if one]


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("page", PAGES)
def test_a_page_runs_from_the_top(page: str, store: Store, server: Server, page_folder: Path) -> None:
    wrong = wrong_on(page, store, server, page_folder, lambda _: True)
    assert not wrong, "\n".join(wrong)


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("page", FAST)
def test_the_quick_part_of_a_page_runs(page: str, store: Store, server: Server, page_folder: Path) -> None:
    wrong = wrong_on(page, store, server, page_folder, partial(is_fast, page))
    assert not wrong, "\n".join(wrong)


def test_every_block_is_run_or_says_why_not() -> None:
    for page in PAGES:
        for block in blocks_of(page):
            place = f"{page}:{block.line}"
            assert block.language in (COMMANDS, SCRIPT, *SHOWN), f"{place}: no language"
            assert not block.reason or len(block.reason.split()) > 3, f"{place}: no reason"
            assert block.reason or block.title or steps(block) or block.language in SHOWN, f"{place}: nothing in it"


def test_a_page_has_no_fence_that_is_not_found() -> None:
    for page in PAGES:
        text = (Path(__file__).parents[2] / page).read_text(encoding="utf-8")
        assert 2 * len(blocks_of(page)) == len(re.findall(r"^\s*```", text, re.MULTILINE)), page


def test_the_lists_hold_nothing_else() -> None:
    text = {page: [step for block in blocks_of(page) for step in steps(block)] for page in PAGES}
    for page, beginnings in FAST.items():
        for beginning in beginnings:
            assert any(step.startswith(beginning) for step in text[page]), f"{page}: {beginning}"
    everything = "\n".join(block.text for page in PAGES for block in blocks_of(page))
    assert all(re.search(pattern, everything, re.MULTILINE) for pattern, _ in NUMBERS), "a number that is on no page"
    assert set(STAND_INS) == {name for steps_of in text.values() for step in steps_of for name in named(step)}
    assert any(step.startswith(WHOLE) for steps_of in text.values() for step in steps_of)


def test_a_block_without_a_reason_is_carried_out() -> None:
    text = "<!-- not run: it takes an hour here -->\n```sh\nlpzero a\n```\n\n```sh\nlpzero b \\\n  --c\nlpzero d\n```\n"
    left, done = blocks("page.md", text)
    assert (left.reason, steps(left), left.line) == ("it takes an hour here", [], 3)
    assert (done.reason, steps(done)) == ("", ["lpzero b    --c", "lpzero d"])
    assert steps(replace(done, title="file.sh")) == []


def test_a_command_that_does_not_work_is_found(page_folder: Path) -> None:
    assert "ends with 2" in carried_out("lpzero score nothing.py --proxy snip", COMMANDS, page_folder)
    assert "ends with 1" in carried_out("import lpzero\nlpzero.get_space('none')\n", SCRIPT, page_folder)
    assert carried_out("lpzero export snip --format latex", COMMANDS, page_folder) == ""
