"""``lpzero spaces``: facts of the spaces as they are, and an example that can be scored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lpzero.cli.main import run
from lpzero.pretrained.architecture_file import GivenArchitecture, space_of
from lpzero.spaces import Architecture, get_space, space_names
from lpzero.spaces.llama.space import OWN_FOLDER


def _document(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert run(["spaces", *arguments, "--json"]) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert document["schema"] == 1
    return document


def test_every_space_is_listed_with_its_facts(capsys: pytest.CaptureFixture[str]) -> None:
    rows = _document(capsys, "list")["spaces"]
    assert [row["name"] for row in rows] == list(space_names())
    for row in rows:
        space = get_space(row["name"])
        assert row["protocols"] == list(space.protocols)
        for name in ("protocol", "size", "objective", "vocabulary", "max_tokens"):
            assert row[name] == getattr(space, name)
    assert run(["spaces", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["name", *space_names()]


@pytest.mark.parametrize("name", ["flexibert", "gpt2", "transfo-xl", "llama", "hwgpt", "rnn", "hat-mt"])
def test_the_example_is_a_point_of_the_space(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    for protocol in get_space(name).protocols:
        document = _document(capsys, "show", name, "--protocol", protocol, "--seed", "3")
        space = get_space(name, protocol)
        example = Architecture.from_json(document["example"])
        assert example == space.sample(np.random.default_rng(3))
        assert space_of(GivenArchitecture("x", example, protocol), None, None) == space
        assert document["protocol"] == protocol
        assert document["example_key"] == space.key(example)
        assert document["example_parameters"] == space.parameter_counts(example)


def test_the_seed_decides_the_example(capsys: pytest.CaptureFixture[str]) -> None:
    one, again, other = (_document(capsys, "show", "gpt2", "--seed", seed) for seed in ("0", "0", "1"))
    assert one == again
    assert one["example"] != other["example"]


def test_a_file_and_a_checkpoint_are_spaces_too(capsys: pytest.CaptureFixture[str]) -> None:
    path = next(iter(sorted((Path(__file__).parents[2] / "examples" / "spaces").rglob("*.toml"))))
    assert _document(capsys, "show", str(path))["name"] == get_space(str(path)).name
    assert _document(capsys, "show", str(OWN_FOLDER))["protocol"].startswith("subnet-")


def test_for_people_every_choice_of_every_layer_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    document = _document(capsys, "show", "gpt2", "--protocol", "own")
    assert run(["spaces", "show", "gpt2", "--protocol", "own"]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    for i, layer in enumerate(document["example"]["layers"]):
        assert f"layer {i} " + ", ".join(f"{name} {layer[name]}" for name in sorted(layer)) in lines
    assert f"total parameters {document['example_parameters']['total']}" in lines


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nope"], "unknown space 'nope': expected one of flexibert, gpt2, transfo-xl, llama, hwgpt, rnn"),
        (["gpt2", "--protocol", "nope"], "unknown protocol 'nope': expected one of lts, own"),
        (["gpt2", "--seed", "-1"], "--seed: expected at least 0, found -1"),
    ],
)
def test_what_is_wrong_is_said(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["spaces", "show", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
