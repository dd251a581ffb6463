"""``lpzero principles``: its commands."""

from __future__ import annotations

import pytest

from lpzero.cli.main import run
from lpzero.cli.principles import principles


@pytest.mark.parametrize("name", principles.commands)
def test_every_command_has_a_help_text(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["principles", name, "--help"]) == 0
    assert "Usage: lpzero principles" in capsys.readouterr().out
