"""What commands print as JSON, against its published schema."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from lpzero.cli.main import run
from lpzero.cli.schema import schema_of

SMALL = ("--batch", "2", "--tokens", "8", "--device", "cpu", "--jobs", "1")
PRINTED = {
    "doctor": ("doctor",),
    "spaces-list": ("spaces", "list"),
    "spaces-show": ("spaces", "show", "llama"),
    "tables-list": ("tables", "list"),
    "tables-show": ("tables", "show", "gpt2-own"),
    "tables-verify": ("tables", "verify", "gpt2-own"),
    "llm-cache": ("llm", "cache", "--cache-file", "none.sqlite"),
    "rank": ("rank", "depth", "params", "--table", "flexibert-own"),
    "compare": ("compare", "depth", "params", "--table", "flexibert-own"),
    "transfer": ("transfer", "depth", "--tables", "flexibert-own", "--tables", "gpt2-own"),
    "search": ("search", "--table", "gpt2-own", "--proxy", "params", "--samples", "8", "--keep", "2", *SMALL),
    "principles-mine": ("principles", "mine", "--table", "flexibert-own", "--output", "mined.json"),
}


@pytest.mark.parametrize("name", PRINTED)
def test_what_a_command_prints_keeps_its_schema(
    name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run([*PRINTED[name], "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    Draft202012Validator(schema_of(name)).validate(document)
    assert next(iter(document)) == "schema"
