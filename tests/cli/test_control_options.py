"""The options that say which architectures proxies are judged on."""

from __future__ import annotations

from typing import Any

import click
from click.testing import CliRunner

from lpzero.cli import control_options
from lpzero.fitness.strata import RATIO


def test_what_nobody_says_is_left_to_the_library_or_is_its_default() -> None:
    received: list[dict[str, Any]] = []

    @click.command()
    @control_options.include_seen
    @control_options.labels
    @control_options.matched
    def job(**settings: Any) -> None:
        """Do nothing."""
        received.append(settings)

    for words in ([], ["--include-seen", "--labels", "12", "--matched", "1.1"]):
        assert CliRunner().invoke(job, words, catch_exceptions=False).exit_code == 0
    assert received == [
        {"include_seen": False, "labels": None, "matched": RATIO},
        {"include_seen": True, "labels": 12, "matched": 1.1},
    ]
