"""Errors: the exit codes that the documentation promises, and every one of ours is an LpzeroError."""

from __future__ import annotations

import pytest

import lpzero as package
from lpzero.cli.main import lpzero, run
from lpzero.errors import InputError, LpzeroError, MissingError, NoResultError, TooLargeError, unknown_name

CODES = {LpzeroError: 1, InputError: 2, TooLargeError: 2, MissingError: 3, NoResultError: 4}


@pytest.mark.parametrize(("kind", "code"), CODES.items())
def test_the_command_line_ends_with_the_code(
    kind: type[LpzeroError], code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise kind("x: expected 1, found 2: give 1")

    monkeypatch.setattr(lpzero, "main", fails)
    assert run(["doctor"]) == code
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "lpzero: error: x: expected 1, found 2: give 1\n")


def test_one_name_catches_them_all() -> None:
    assert package.LpzeroError is LpzeroError
    for kind in CODES:
        with pytest.raises(package.LpzeroError, match=r"^one line$"):
            raise kind("one line")
    # what is too large was given
    assert issubclass(TooLargeError, InputError)
    assert not issubclass(MissingError, InputError)


def test_an_unknown_name_is_shown_with_the_valid_ones() -> None:
    err = unknown_name("space", "x\ny", iter(["a", "b"]))
    assert type(err) is InputError
    assert str(err) == r"unknown space 'x\ny': expected one of a, b"
    assert str(unknown_name("size", 3, ["a"])) == "unknown size '3': expected one of a"
