"""What a shell completes: names by themselves, and a real bash with the line of the documentation."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from lpzero.cli import completion
from lpzero.cli.main import lpzero

PAGE = Path(__file__).resolve().parents[2] / "docs" / "howto" / "completion.md"


def values(complete: object, incomplete: str) -> list[str]:
    """What a function of the module offers."""
    assert callable(complete)
    ctx = click.Context(lpzero)
    return [item.value for item in complete(ctx, click.Option(["--name"]), incomplete)]


def test_names_that_begin_so_are_offered_and_no_others() -> None:
    assert values(completion.spaces, "fl") == ["flexibert"]
    assert sorted(values(completion.tables, "gpt2-")) == ["gpt2-own", "gpt2-wt103"]
    assert values(completion.proxies, "gpt2/") == ["gpt2/best", "gpt2/own", "gpt2/own-typed", "gpt2/typed"]
    assert values(completion.proxies, "synf") == ["synflow"]


def test_where_no_name_begins_so_the_shell_looks_for_a_file() -> None:
    ctx, param = click.Context(lpzero), click.Option(["--name"])
    for complete in (completion.spaces, completion.tables, completion.proxies):
        (only,) = complete(ctx, param, "./mine")
        assert (only.value, only.type) == ("./mine", "file")


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
def test_a_real_bash_completes_commands_options_and_names(tmp_path: Path) -> None:
    program = tmp_path / "lpzero"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m lpzero "$@"\n')
    program.chmod(0o755)
    (line,) = re.findall(r"`(eval \"\$\(_LPZERO_COMPLETE=bash_source lpzero\)\")`", PAGE.read_text())
    asked = (["lpzero", "ra"], ["lpzero", "rank", "--tab"], ["lpzero", "rank", "--table", "gpt2-o"])
    script = [line, "complete -p lpzero"]
    for words in asked:
        script += [
            f"COMP_WORDS=({shlex.join(words)}); COMP_CWORD={len(words) - 1}; COMPREPLY=()",
            f"_lpzero_completion lpzero {words[-1]} {words[-2]}",
            'echo "${COMPREPLY[*]}"',
        ]
    path = os.pathsep.join([str(tmp_path), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-ec", "\n".join(script)], check=True, env={**os.environ, "PATH": path}, capture_output=True, text=True
    )
    registered, *completed = done.stdout.splitlines()
    assert registered.endswith("_lpzero_completion lpzero")
    assert completed == ["rank", "--table", "gpt2-own"]
    assert done.stderr == ""
