"""Plug-ins are found by their entry points; a broken one has a fault in one line, and keeps nothing else out."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lpzero import plugins
from lpzero.errors import InputError, MissingError
from lpzero.plugins import Kind, Plugin
from tests.conftest import Install


def _number(name: str, value: object) -> int:
    if not isinstance(value, int):
        raise InputError(f"expected a number, found {type(value).__name__}\nof {name}")
    return value


KIND = Kind("metrics", ("own",), _number)
CODE = "ONE, TWO, TEXT = 1, 2, 'text'\n"


def test_what_is_installed_is_known_without_loading_it(install: Install) -> None:
    install("lpzero_one", CODE, {"metrics": {"one": "ONE", "own": "TWO"}, "nothing": {"else": "ONE"}}, "2.5")
    assert plugins.installed("metrics")[0] == Plugin("metrics", "one", "lpzero_one", "2.5", "lpzero_one:ONE")
    assert plugins.names(KIND) == ("one",)
    assert "lpzero_one" not in sys.modules
    assert plugins.installed("trackers") == ()


def test_a_name_finds_what_a_package_brings(install: Install) -> None:
    install("lpzero_one", CODE, {"metrics": {"one": "ONE"}})
    assert plugins.find(KIND, "one") == 1
    assert plugins.find(KIND, "two") is None


FAULTY = {
    "absent": ("absent = lpzero_one:ABSENT", "it cannot be loaded: AttributeError: "),
    "elsewhere": ("elsewhere = no_such_module:X", "it cannot be loaded: ModuleNotFoundError: "),
    "text": ("text = lpzero_one:TEXT", "expected a number, found str of text"),
    "own": ("own = lpzero_one:ONE", "expected another name: the package has one of that name itself, which stays"),
    "a<b>": ("a<b> = lpzero_one:ONE", "expected a name of at most 80 letters"),
    "a\x1b[31m": ("a\x1b[31m = lpzero_one:ONE", "expected a name of at most 80 letters"),
    "x" * 81: (f"{'x' * 81} = lpzero_one:ONE", "expected a name of at most 80 letters"),
    "unwritten": ("unwritten = not a reference", "it cannot be loaded: "),
}


@pytest.mark.parametrize("name", FAULTY)
def test_a_faulty_one_says_why_in_one_line(install: Install, caplog: pytest.LogCaptureFixture, name: str) -> None:
    line, fault = FAULTY[name]
    key, _, value = line.partition(" = ")
    install("lpzero_one", CODE, {"metrics": {"one": "ONE"}})
    _append(f"{key} = {value}")
    (broken,) = [loaded for loaded in plugins.states(KIND) if loaded.fault]
    assert broken.fault.startswith(fault)
    assert (broken.fault + str(broken.plugin)).isprintable()
    assert plugins.usable(KIND) == plugins.usable(KIND) == {"one": 1}
    assert len(caplog.records) == 1, "one warning, however often somebody asks"
    assert caplog.records[0].getMessage().isprintable()
    if name == "own":
        assert plugins.find(KIND, name) is None
    else:
        with pytest.raises(InputError, match=f"of lpzero_one: {fault}"):
            plugins.find(KIND, name)


def _append(line: str) -> None:
    (file,) = Path(sys.path[0]).glob("*.dist-info/entry_points.txt")
    file.write_text(file.read_text() + line + "\n")
    plugins._installed.cache_clear()


@pytest.mark.parametrize("code", ["raise RuntimeError('no\\nluck')", "import sys; sys.exit(3)", "def ("])
def test_a_module_that_fails_is_left_out(install: Install, caplog: pytest.LogCaptureFixture, code: str) -> None:
    install("lpzero_one", code + "\n", {"metrics": {"one": "ONE"}})
    install("lpzero_two", CODE, {"metrics": {"two": "TWO"}})
    assert plugins.usable(KIND) == {"two": 2}
    assert [record.name for record in caplog.records] == ["lpzero.plugins"]


def test_two_packages_cannot_bring_one_name(install: Install) -> None:
    install("lpzero_one", CODE, {"metrics": {"one": "ONE"}})
    install("lpzero_two", CODE, {"metrics": {"one": "TWO"}})
    with pytest.raises(
        InputError, match=r"expected one package that brings it, found .* of lpzero_one, .* of lpzero_t"
    ):
        plugins.find(KIND, "one")


def test_entry_points_that_cannot_be_read_keep_nothing_out(install: Install, caplog: pytest.LogCaptureFixture) -> None:
    install("lpzero_one", CODE, {"metrics": {"one": "ONE"}})
    _append("\x00no line of the kind")
    install("lpzero_two", CODE, {"metrics": {"two": "TWO"}})
    assert plugins.usable(KIND)["two"] == 2
    assert caplog.records


def test_a_document_names_the_plugins_that_its_texts_name(install: Install) -> None:
    install("lpzero_one", CODE, {"metrics": {"one": "ONE", "two": "TWO"}, "spaces": {"a-space": "ONE"}}, "1.5")
    document = {"two": 1, "formulas": ["sum(one(weight))"], "space": "a-space", "table": "a-space-table"}
    assert [one["name"] for one in plugins.identities(document)] == ["a-space", "one"]
    assert plugins.identities(document, ["metrics"]) == [
        {"group": "metrics", "name": "one", "package": "lpzero_one", "version": "1.5"}
    ]


NEEDED = {"group": "metrics", "name": "one", "package": "lpzero_one", "version": "1.0"}


def test_what_is_needed_is_here_or_named(install: Install, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(MissingError) as caught:
        plugins.require([NEEDED], "run")
    said = "run: needs the plug-in metric one of the package lpzero_one 1.0, which is not installed: install it"
    assert str(caught.value) == said
    install("lpzero_one", CODE, {"metrics": {"one": "ONE"}}, "1.0")
    plugins.require([NEEDED], "run", exactly=True)
    newer = [{**NEEDED, "version": "2.0"}]
    plugins.require(newer, "run")
    assert "found version 1.0: its numbers may differ" in caplog.text
    with pytest.raises(InputError, match=r"found version 1\.0: install that one, or begin a new run"):
        plugins.require(newer, "run", exactly=True)


@pytest.mark.parametrize("said", [3, [3], [{}], [{**NEEDED, "version": 1}]])
def test_what_is_no_identity_is_refused(said: object) -> None:
    with pytest.raises(InputError, match="run: plugins: expected group, name, package, version of each, found"):
        plugins.require(said, "run")
