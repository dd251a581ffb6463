"""Choices that an installed package adds to."""

from __future__ import annotations

import click
import pytest

from lpzero.cli.brought import ChoiceOrBrought
from tests.conftest import Install


def test_a_name_of_a_package_is_a_choice_beside_those_of_the_help(install: Install) -> None:
    choice = ChoiceOrBrought(["serial", "process"], "engines")
    with pytest.raises(click.BadParameter, match="'here' is not one of 'serial', 'process'"):
        choice.convert("here", None, None)
    install("lpzero_engine", "", {"engines": {"here": "X"}, "trackers": {"there": "X"}})
    assert choice.convert("here", None, None) == "here"
    assert choice.convert("serial", None, None) == "serial"
    with pytest.raises(click.BadParameter):
        choice.convert("there", None, None)
