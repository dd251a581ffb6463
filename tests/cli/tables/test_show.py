"""``lpzero tables show``: a card for people has the figures of the document."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from scipy import stats

from lpzero.cli.main import run
from lpzero.tables import load_table, load_trained


@pytest.fixture(scope="module")
def card() -> dict[str, Any]:
    from click.testing import CliRunner

    from lpzero.cli.tables.show import show_table

    done = CliRunner().invoke(show_table, ["gpt2-own", "--json"], catch_exceptions=False)
    assert done.exit_code == 0
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_the_document_says_what_was_measured(card: dict[str, Any]) -> None:
    table, trainings, recipe = load_trained("gpt2-own")
    assert recipe is not None
    assert (card["schema"], card["name"], card["digest"], card["protocol"]) == (1, "gpt2-own", table.digest, "own")
    assert (card["higher_is_better"], card["duplicates"]) == (False, len(table.duplicates()))
    assert card["recipe"]["digest"] == recipe.digest
    assert card["figures"]["training"]["trainings"] == len(trainings)
    quality = card["figures"]["quality"]
    assert quality["min"] == pytest.approx(table.qualities.min(), abs=1e-5)
    assert quality["sd"] == pytest.approx(np.std(table.qualities, ddof=1), abs=1e-5)


def test_a_baseline_is_the_correlation_of_a_count(card: dict[str, Any]) -> None:
    table = load_table("gpt2-own")
    depth = [record.architecture.depth for record in table.records]
    found = card["figures"]["baselines"]["depth"]
    assert found["tau_b"] == pytest.approx(stats.kendalltau(depth, table.oriented).statistic, abs=1e-5)


def test_what_is_printed_is_the_document(card: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["tables", "show", "gpt2-own"]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    figures, recipe = card["figures"], card["recipe"]
    for line in (
        "name gpt2-own",
        f"n {figures['n']}",
        f"quality {card['quality']}, {card['unit']}, lower is better",
        f"digest {card['digest']}",
        "range {min:.4g} to {max:.4g}, sd {sd:.3g}".format(**figures["quality"]),
    ):
        assert line in lines, line
    text = "\n".join(lines)
    assert f"{recipe['steps']} steps of {recipe['batch']} x {recipe['length']} tokens" in text
    assert all(note in text for note in card["notes"])
    for name, row in figures["baselines"].items():
        shown = [f"{row[key]:.3f}" for key in ("tau_a", "tau_b", "rho", "distinct")]
        assert any(line.startswith(" ".join([name, *shown])) for line in lines), name


def test_a_protocol_of_other_models_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["tables", "show", "gpt2-own", "--protocol", "lts"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "table gpt2-own was measured on other models than 'lts': expected own" in captured.err
