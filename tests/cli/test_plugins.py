"""``lpzero plugins``, and every other command beside plug-ins that are broken."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator

from lpzero.cli.main import run
from lpzero.cli.schema import schema_of
from tests.conftest import Install

CODE = r"""
import torch
from lpzero.callbacks import Callback
from lpzero.engines import Serial
from lpzero.formula.primitive import Primitive
from lpzero.metrics import Metric
from lpzero.spaces import Gpt2

def cubed(x: torch.Tensor) -> torch.Tensor:
    return x * x * x

LEVELS = ("tensor", "layers", "scalar")
CUBED = Primitive(
    "cubed", "elementwise", 1, LEVELS, cubed, lambda s, x: x**3, r"\left({x}\right)^{{3}}", highest=1e6
)
SHALLOW = Metric("shallow", "shape", True, "fewer blocks", "", "lpzero_good:shallow")

def shallow(shape):
    return -float(shape.depth)

def engine(jobs, **told):
    return Serial(jobs, deterministic=told["deterministic"])

class Quiet(Callback):
    pass
"""
GOOD = {
    "primitives": {"cubed": "CUBED"},
    "metrics": {"shallow": "SHALLOW"},
    "engines": {"here": "engine"},
    "trackers": {"quiet": "Quiet"},
}
BROKEN = {
    "spaces": {"no-space": "X", "gpt2": "X"},
    "primitives": {"failing": "X"},
    "metrics": {"failing": "X"},
    "predictors": {"failing": "X"},
}


def test_plugins_are_listed_with_their_state(install: Install, capsys: pytest.CaptureFixture[str]) -> None:
    install("lpzero_good", CODE, GOOD, "0.3")
    install("lpzero_bad", "raise RuntimeError('no luck')\n", BROKEN)
    assert run(["plugins", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    Draft202012Validator(schema_of("plugins")).validate(document)
    states = {(row["group"], row["name"]): row["state"] for row in document["plugins"]}
    assert states == {
        **{(group, name): "loaded" for group, names in GOOD.items() for name in names},
        **{(group, name): "error" for group, names in BROKEN.items() for name in names},
    }
    errors = {row["name"]: row["error"] for row in document["plugins"]}
    assert errors["no-space"] == "it cannot be loaded: RuntimeError: no luck"
    assert errors["gpt2"] == "expected another name: the package has one of that name itself, which stays"
    assert run(["plugins"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["group", "name", "package", "version", "state"]
    assert any(line.split() == ["metrics", "shallow", "lpzero_good", "0.3", "loaded"] for line in lines)


def test_none_are_said_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plugins"]) == 0
    assert "no installed package brings anything" in capsys.readouterr().out


def test_a_name_of_control_characters_is_shown_escaped(install: Install, capsys: pytest.CaptureFixture[str]) -> None:
    install("lpzero_bad", "X = 1\n", {"metrics": {"<b>x\x1b[31m": "X"}})
    assert run(["plugins"]) == 0
    captured = capsys.readouterr()
    assert "\x1b" not in captured.out + captured.err
    assert "<b>x\\x1b[31m" in captured.out


def test_broken_plugins_are_warned_of_once_and_keep_no_command_out(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install("lpzero_bad", "raise RuntimeError('no luck')\n", BROKEN)
    assert run(["spaces", "list"]) == 0
    captured = capsys.readouterr()
    assert "gpt2" in captured.out
    assert captured.err.count("no-space") == 1
    assert "RuntimeError: no luck: it is left out" in captured.err
    assert run(["rank", "--table", "gpt2-own", "--proxy", "depth"]) == 0
    assert run(["export", "snip"]) == 0
    assert "no luck" not in capsys.readouterr().err
    assert run(["export", "sum(failing(l1(weight)))"]) == 2
    said = "primitive 'failing', lpzero_bad:X of lpzero_bad: it cannot be loaded: RuntimeError: no luck"
    assert said in capsys.readouterr().err


def test_what_packages_bring_is_asked_for_by_name(install: Install, capsys: pytest.CaptureFixture[str]) -> None:
    install("lpzero_good", CODE, GOOD)
    arguments = ["rank", "--table", "gpt2-own", "--proxy", "shallow", "--proxy", "depth", "--engine", "here", "--json"]
    assert run(arguments) == 0
    rows = {row["proxy"]: row for row in json.loads(capsys.readouterr().out)["scores"]}
    assert rows["shallow"]["tau_a"] == -rows["depth"]["tau_a"]
    assert run(["rank", "--table", "gpt2-own", "--proxy", "depth", "--engine", "nowhere"]) == 2
    assert "nowhere" in capsys.readouterr().err
