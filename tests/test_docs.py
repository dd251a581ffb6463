"""The documentation, as far as can be seen without building it: pages are in the contents, links lead on."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from lpzero.cli.main import lpzero
from lpzero.cli.tables.variants import Variants

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
FENCED = re.compile(r"^```[a-z]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
CHANGING = {"CHANGELOG.md"}
"""Pages that speak of commands as they were."""
LINK = re.compile(r"\]\(([^)#\s]+)")


def pages(entry: Any) -> Iterator[str]:
    """The files of the contents."""
    if isinstance(entry, str):
        yield entry
    else:
        for inner in entry.values() if isinstance(entry, dict) else entry:
            yield from pages(inner)


def test_every_page_is_in_the_contents_once() -> None:
    named = list(pages(yaml.safe_load((ROOT / "mkdocs.yml").read_text())["nav"]))
    assert sorted(named) == sorted(str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md"))


@pytest.mark.parametrize("path", [*ROOT.glob("*.md"), *DOCS.rglob("*.md")], ids=lambda path: path.name)
def test_every_link_leads_to_a_file_that_is_there(path: Path) -> None:
    for link in LINK.findall(path.read_text()):
        if "://" in link or link.startswith("mailto:"):
            continue
        target = (path.parent / link).resolve()
        assert target.exists(), f"{link} of {path.name}"
        # the built pages hold nothing else
        assert not path.is_relative_to(DOCS) or (target.is_file() and target.is_relative_to(DOCS)), link


def commands(text: str) -> Iterator[list[str]]:
    """The words of every command line in the fenced blocks of a page, without prompt, comment and variables."""
    for block in FENCED.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line.removeprefix("$ "), comments=True) if "lpzero " in line else []
            for start, word in enumerate(words):
                if word == "lpzero" and (start == 0 or words[start - 1] in ("&&", "time")):
                    yield [one for one in words[start + 1 :] if one != "..."]


def parse(words: list[str]) -> click.Command:
    """The command of some words; click raises where it takes no such option or value."""
    command: click.Command = lpzero
    ctx = click.Context(lpzero, info_name="lpzero", resilient_parsing=True)
    while isinstance(command, click.Group):
        found = command.get_command(ctx, words[0]) if words else None
        assert found is not None, f"there is no command {' '.join(words)}"
        command, words = found, words[1:]
    if isinstance(command, Variants):
        command = command.of(words) or command
    parser = command.make_parser(click.Context(command, info_name=command.name))
    options, _, _ = parser.parse_args(list(words))
    kinds = {str(option.name): option for option in command.params}
    inner = click.Context(command, info_name=command.name, resilient_parsing=True)
    for name, value in options.items():
        if value is not None and isinstance(kinds[name].type, click.Choice):
            kinds[name].type_cast_value(inner, value)
    return command


@pytest.mark.parametrize("path", [*ROOT.glob("*.md"), *DOCS.rglob("*.md")], ids=lambda path: path.name)
def test_every_command_on_a_page_is_one_that_there_is(path: Path) -> None:
    found = [] if path.name in CHANGING else [parse(words) for words in commands(path.read_text())]
    assert not any(isinstance(command, click.Group) for command in found)
    # else the lines are no longer found
    assert len(found) >= {"README.md": 15, "guide.md": 50, "agents.md": 5, "compress.md": 1}.get(path.name, 0)


def test_a_command_that_there_is_not_is_found() -> None:
    lines = ("lpzero search --space gpt2 \\\n    --nothing 3", "lpzero nothing", "ls && lpzero search --algorithm none")
    unknown, nothing, value = commands("\n".join(["```", *lines, "```\n"]))
    with pytest.raises(click.NoSuchOption):
        parse(unknown)
    with pytest.raises(AssertionError, match="no command nothing"):
        parse(nothing)
    with pytest.raises(click.BadParameter):
        parse(value)


@pytest.mark.slow
def test_the_jobs_of_an_agent_run_as_they_stand(tmp_path: Path) -> None:
    text = (DOCS / "agents.md").read_text()
    assert len(text.splitlines()) <= 150
    found = {**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}
    for line in "".join(FENCED.findall(text)).splitlines():
        done = subprocess.run(["bash", "-c", line], check=False, cwd=tmp_path, env=found, capture_output=True)
        assert done.returncode == 0, (line, done.stderr.decode())
        if "--json" in line:
            assert json.loads(done.stdout)["schema"] == 1
    assert (tmp_path / "next" / "next.csv").is_file()
