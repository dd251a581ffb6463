"""``lpzero llm``: its sub-commands."""

from __future__ import annotations

import subprocess
import sys

from lpzero.cli.llm import llm


def test_every_sub_command_has_a_line_of_help() -> None:
    assert list(llm.commands) == ["check", "cost", "cache", "show-prompt"]
    assert all(command.get_short_help_str() for command in llm.commands.values())


def test_help_loads_neither_torch_nor_the_client() -> None:
    code = (
        "import sys\nbefore = set(sys.modules)\nfrom lpzero.cli.main import run\n"
        "code = run(['llm', 'check', '--help'])\n"
        "sys.exit(code or (3 if {'torch', 'openai', 'numpy', 'sqlite3'} & (set(sys.modules) - before) else 0))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "--key-variable" in done.stdout
