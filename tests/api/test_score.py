"""``lpzero.score`` and ``lpzero.score_models``: a module in memory, files, and what every job keeps to."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn

from lpzero import Workers, load_table, score, score_models
from lpzero.errors import InputError, LpzeroError
from lpzero.metrics import METRICS
from lpzero.pretrained.folder import write_model
from lpzero.proxy import proxy_names
from lpzero.result import read_result
from lpzero.scoring.result import ScoreResult, ScoresResult
from lpzero.spaces import get_space

SMALL: dict[str, Any] = {"batch": 1, "tokens": 8, "device": "cpu"}
ABSOLUTE = "sum(l1(weight))"


class Plain(nn.Module):
    """Words in, logits out."""

    def __init__(self, width: int = 4) -> None:
        super().__init__()
        self.words, self.out = nn.Embedding(8, width), nn.Linear(width, 8)

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        """Logits."""
        logits: torch.Tensor = self.out(self.words(input_ids))
        return logits


def plain(width: int = 4) -> Plain:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(width)
        return Plain(width)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The smallest and the largest of ten architectures, as files."""
    records = load_table("gpt2-own").records[:10]
    order = sorted(records, key=lambda record: (record.architecture.depth, record.id))
    folder = tmp_path_factory.mktemp("architectures")
    paths = []
    for name, record in (("small", order[0]), ("large", order[-1])):
        document = {"protocol": "own", "architecture": record.architecture.to_json()}
        (folder / f"{name}.json").write_text(json.dumps(document))
        paths.append(str(folder / f"{name}.json"))
    return paths


def test_a_module_is_scored_by_hand(quietly: Callable[[Callable[[], ScoreResult]], ScoreResult]) -> None:
    model = plain()
    found = quietly(lambda: score(model, [ABSOLUTE, "params"], **SMALL))
    by_hand = sum(weight.detach().abs().sum().item() for weight in (model.words.weight, model.out.weight))
    assert [row.value for row in found.scores] == [pytest.approx(by_hand, rel=1e-6), 8 * 4 + 4 * 8 + 8]
    assert (found.model, found.space, found.protocol, found.percentiles) == ("Plain", None, None, None)
    assert found.params == found.costs.params == 72
    assert found.costs.bytes == 4 * 72


def test_a_module_is_left_as_it_was() -> None:
    model = plain().train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    score(model, ["snip", "synflow"], **SMALL)
    assert model.training
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert all(parameter.requires_grad and parameter.grad is None for parameter in model.parameters())
    assert not any(module._forward_hooks for module in model.modules())


def test_the_seed_decides_the_tokens() -> None:
    one, again, other = (score(plain(), ["snip"], seed=seed, **SMALL) for seed in (0, 0, 1))
    assert one.scores[0].value == again.scores[0].value != other.scores[0].value
    assert one.batch_sha256 == again.batch_sha256 != other.batch_sha256


def test_without_proxies_snip_is_asked() -> None:
    found = score(plain(), **SMALL)
    assert [row.proxy for row in found.scores] == ["snip"]
    (named,) = score(plain(), "snip", **SMALL).scores
    assert found.scores[0].value == named.value


def test_all_that_ship_are_asked_by_one_word() -> None:
    found = score(plain(), "all", **SMALL)
    # whether weights are trained is not known of a model of one's own
    metrics = [name for name, metric in METRICS.items() if metric.needs != "text"]
    assert [row.proxy for row in found.scores] == [*metrics, *proxy_names()]


def test_the_document_is_read_back_and_printed_by_the_command(
    files: list[str], quietly: Callable[..., Any], printed: Callable[..., Any], timeless: Callable[[Any], Any]
) -> None:
    found = quietly(lambda: score(files[0], ["snip", "depth"], seed=2, **SMALL))
    document = json.loads(json.dumps(found.to_json()))
    assert read_result(ScoreResult, document, "x", of="a score", remedy="again") == found
    words = ["--proxy", "snip", "--proxy", "depth", "--seed", "2", "--batch", "1", "--tokens", "8"]
    assert printed("score", files[0], *words) == timeless(document)
    many = quietly(lambda: score_models(files, ["snip", "depth"], seed=2, **SMALL))
    assert printed("score", *files, *words) == timeless(many.to_json())
    assert read_result(ScoresResult, json.loads(json.dumps(many.to_json())), "x", of="y", remedy="z") == many


def test_saved_weights_are_loaded_quietly(tmp_path: Path, quietly: Callable[..., Any]) -> None:
    from transformers.utils import logging as bars

    architecture = load_table("gpt2-own").records[0].architecture
    write_model(tmp_path / "saved", get_space("gpt2", "own"), architecture, 0)
    assert bars.is_progress_bar_enabled()
    quietly(lambda: score(tmp_path / "saved", ["depth"], **SMALL))


def test_several_are_ranked_as_each_is_scored_alone(files: list[str]) -> None:
    many = score_models([*files, files[0]], ["depth", "params", ABSOLUTE], **SMALL)
    columns = []
    for row in many.models:
        alone = score(row.model, ["depth", "params", ABSOLUTE], **SMALL)
        assert [one.value for one in row.scores] == [one.value for one in alone.scores]
        columns.append([-(one.value or 0.0) for one in row.scores])
    expected = stats.rankdata(np.array(columns), axis=0).mean(axis=1)
    assert [row.mean_rank for row in many.models] == pytest.approx(expected.tolist())
    assert expected.tolist() == sorted(expected)


def test_percentiles_do_not_depend_on_the_workers(files: list[str]) -> None:
    found = [
        score(files[0], ["depth"], percentiles=10, workers=Workers(jobs=jobs), **SMALL).percentiles for jobs in (1, 2)
    ]
    assert found[0] == found[1]
    assert found[0] is not None
    assert (found[0].space, found[0].protocol, found[0].drawn, set(found[0].of)) == ("gpt2", "own", 10, {"depth"})


def test_what_cannot_be_scored_is_left_out_and_logged(
    files: list[str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "bad.json").write_text("[]")
    bad = str(tmp_path / "bad.json")
    with caplog.at_level(logging.WARNING, logger="lpzero"):
        found = score_models([bad, files[0]], ["depth"], **SMALL)
    assert [row.model for row in found.models] == [files[0]]
    assert [(row.model, row.reason) for row in found.left_out] == [(bad, f"{bad}: expected a JSON object, found list")]
    assert f"{bad}: left out: " in caplog.text
    with pytest.raises(InputError, match="expected a JSON object, found list"):
        score_models([bad, bad], ["depth"], **SMALL)


@pytest.mark.parametrize(
    ("arguments", "message", "flags"),
    [
        ({"percentiles": -1}, "`percentiles`: expected at least 1 where `within` is given, found -1", None),
        (
            {"within": "gpt2"},
            "`percentiles`: expected at least 1 where `within` is given, found 0",
            ["--within", "gpt2"],
        ),
    ],
)
def test_a_wrong_setting_is_named(
    files: list[str], arguments: dict[str, Any], message: str, flags: list[str] | None, refused: Callable[..., str]
) -> None:
    with pytest.raises(InputError) as caught:
        score(files[0], ["depth"], **SMALL, **arguments)
    assert str(caught.value) == message
    if flags is not None:
        said = message.replace("`percentiles`", "--percentiles").replace("`within`", "--within")
        assert refused("score", files[0], "--proxy", "depth", *flags) == said


def test_a_file_that_is_not_there_ends_all_before_any_is_scored(files: list[str]) -> None:
    with pytest.raises(InputError, match=r"^nowhere\.py: no such file$"):
        score_models([files[0], "nowhere.py"], ["depth"], **SMALL)


def test_a_model_that_no_proxy_can_score_is_an_error() -> None:
    class Silent(Plain):
        def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
            raise ValueError("no\nway")

    with pytest.raises(LpzeroError, match=r"^Silent: no proxy could score it: the model raised ValueError: no$"):
        score(Silent(), ["snip"], **SMALL)


def test_no_model_at_all_is_refused_and_one_may_be_given_alone(files: list[str]) -> None:
    with pytest.raises(InputError, match=r"^`models`: expected at least one, found none$"):
        score_models([])
    (alone,) = score_models(files[0], "depth", **SMALL).models
    assert (alone.model, [one.proxy for one in alone.scores]) == (files[0], ["depth"])
