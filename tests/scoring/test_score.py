"""Models scored by hand: what is asked, what is counted, and how several are ranked."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from lpzero.errors import InputError, LpzeroError
from lpzero.operands.batch import random_batch
from lpzero.operands.probe import probe_batch
from lpzero.proxy import load_proxy
from lpzero.proxy.score import score_model, shape_of
from lpzero.scoring.model import LoadedModel
from lpzero.scoring.result import CountedCosts, ModelScore, ProxyScore
from lpzero.scoring.score import ModelScorer, Request, mean_ranks, raised_by
from lpzero.seeds import derived_seed
from lpzero.spaces import get_space
from lpzero.tables import load_table

REQUEST: dict[str, Any] = {
    **{"seed": 2, "batch": 1, "tokens": 6, "device": "cpu", "percentiles": 0, "within": None, "jobs": 1},
}
PROXIES = ("snip", "depth", "sum(l1(grad))")


def scorer(*names: str, **changes: Any) -> ModelScorer:
    return Request(names, **{**REQUEST, **changes}).scorer()


class Words(nn.Module):
    """Two blocks of one matrix; 11 words."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(11, 4)
        self.blocks = nn.ModuleList(nn.Linear(4, 4, bias=False) for _ in range(2))
        self.out = nn.Linear(4, 11, bias=False)

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        """Logits."""
        x = self.words(input_ids)
        for block in self.blocks:
            x = block(x)
        logits: torch.Tensor = self.out(x)
        return logits


def words() -> Words:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return Words()


def test_an_architecture_is_scored_as_a_point_of_its_space() -> None:
    space, asked = get_space("gpt2", "own"), scorer(*PROXIES)
    architecture = load_table("gpt2-own").records[0].architecture
    model = space.build(architecture, 1)
    assert isinstance(model, nn.Module)
    found = asked.score_loaded("one", LoadedModel(model, None, space, architecture))
    batch = probe_batch(space, asked.probe)
    site_map: Any = model.site_map()  # type: ignore[operator]
    expected = score_model(model, site_map, shape_of(space, architecture), batch, asked.proxies)
    assert [row.value for row in found.scores] == [one.value for one in expected]
    assert found.batch_sha256 == batch.sha256
    assert (found.model, found.space, found.protocol, found.seed) == ("one", "gpt2", "own", 2)
    assert found.params == space.parameter_counts(architecture)["total"]
    assert found.costs.flops == pytest.approx(space.flops(architecture, 6) / 6)


def test_a_foreign_model_is_counted_by_hand() -> None:
    found = scorer("snip", "depth", "params").score_loaded("words", LoadedModel(words()))
    assert (found.params, found.costs.nonembedding, found.costs.bytes) == (2 * 44 + 32, 32, 4 * (2 * 44 + 32))
    # two operations a weight of every matrix, a token
    assert found.costs.flops == 2 * (16 + 16 + 44)
    assert [row.value for row in found.scores][1:] == [2, 120]
    rng = np.random.default_rng(derived_seed(2, "batch"))
    assert found.batch_sha256 == random_batch(11, "causal", rng, batch=1, tokens=6).sha256


def test_a_model_without_blocks_is_one_layer_and_that_is_said(caplog: pytest.LogCaptureFixture) -> None:
    flat = nn.Sequential(nn.Embedding(7, 3), nn.Linear(3, 7))
    with caplog.at_level(logging.WARNING, logger="lpzero"):
        found = scorer("depth", "sum(l1(weight))").score_loaded("flat", LoadedModel(flat))
    assert "no list of blocks and no site_map method: all of it counts as one layer" in caplog.text
    assert found.scores[0].value == 1


class Opaque(Words):
    """Its output takes an operation of which only the one who wrote it knows what it does."""

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        """Logits."""
        return _opaque(super().forward(input_ids))


@torch.library.custom_op("lpzero_test_score::opaque", mutates_args=())
def _opaque(x: torch.Tensor) -> torch.Tensor:
    return x.clone()


_opaque.register_autograd(lambda _context, gradient: gradient)


class Uncounted(Words):
    """Refuses to have its operations counted."""

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        """Logits."""
        mode = torch.utils._python_dispatch._get_current_dispatch_mode()
        if "Flop" in type(mode).__name__:
            raise TypeError("no modes")
        return super().forward(input_ids)


def test_operations_that_cannot_be_counted_are_said(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="lpzero"):
        opaque = scorer("snip").score_loaded("words", LoadedModel(Opaque()))
    (note,) = opaque.notes
    assert note == "flops: at least 152 a token: what lpzero_test_score.opaque take is not known and not counted"
    assert f"note: words: {note}" in caplog.text
    assert opaque.costs.flops == 152
    uncounted = scorer("snip").score_loaded("words", LoadedModel(Uncounted()))
    assert uncounted.costs.flops is None
    assert uncounted.notes == ["flops: the operations cannot be counted: TypeError: no modes"]
    assert scorer("snip").score_loaded("words", LoadedModel(words())).notes == []


def test_a_metric_in_single_precision_is_said() -> None:
    class Single(Words):
        def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
            return super().forward(input_ids) @ torch.eye(11, dtype=torch.float32)

    (note,) = scorer("grasp").score_loaded("words", LoadedModel(Single())).notes
    assert note.startswith("grasp: computed in float32: the model refuses float64 (RuntimeError: ")


def test_complex_weights_are_refused_for_every_proxy() -> None:
    model = words()
    model.out.weight = nn.Parameter(model.out.weight.to(torch.complex64))
    with pytest.raises(LpzeroError, match=r"expected real floating-point weights, found complex ones \(complex64\)"):
        scorer("snip", "params").score_loaded("words", LoadedModel(model))


def test_an_example_is_shown_in_the_place_of_random_tokens() -> None:
    example = torch.tensor([[1, 2, 3, 4]])
    seen = [
        scorer("snip", seed=seed).score_loaded("words", LoadedModel(words(), example)).batch_sha256 for seed in (0, 1)
    ]
    assert seen[0] == seen[1]


def test_a_score_that_is_not_there_has_a_status_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    overflow = "sum(exp(exp(exp(exp(l1(weight))))))"
    with caplog.at_level(logging.WARNING, logger="lpzero"):
        found = scorer("params", overflow, "softmax_confidence").score_loaded("words", LoadedModel(words()))
    assert [(row.status, row.value is None) for row in found.scores] == [
        ("ok", False),
        ("overflow", True),
        ("failed", True),
    ]
    assert "words: softmax_confidence: failed: " in caplog.text


def test_a_model_that_cannot_be_read_is_one_line() -> None:
    with pytest.raises(LpzeroError, match=r"^meta: the model cannot be read: "):
        scorer("snip").score_loaded("meta", LoadedModel(nn.Sequential(nn.Embedding(7, 3)).to("meta")))


def test_notes_stand_in_the_result_and_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="lpzero"):
        found = scorer("snip").score_loaded("half", LoadedModel(words().to(torch.bfloat16), notes=("from its file",)))
    assert found.notes == ["from its file", "the pass runs in bfloat16, as the weights of the model are"]
    for note in found.notes:
        assert f"note: half: {note}" in caplog.text


def test_advice_that_does_not_fit_the_model_is_not_given(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="lpzero"):
        scorer("params", "softmax_confidence").score_loaded("words", LoadedModel(words()))
    assert "the model shows no attention" in caplog.text
    assert "eager" not in caplog.text


def test_an_error_of_any_kind_names_the_model() -> None:
    for err, kind, text in (
        (InputError("found none"), InputError, "m.py: found none"),
        (LpzeroError("m.py raised ValueError: no"), LpzeroError, "m.py raised ValueError: no"),
        (KeyError("x"), LpzeroError, "m.py: it failed: KeyError: 'x'"),
        (SystemExit(3), LpzeroError, "m.py: it failed: SystemExit: 3"),
    ):
        with pytest.raises(LpzeroError) as caught, raised_by("m.py", "it failed"):
            raise err
        assert (type(caught.value), str(caught.value)) == (kind, text)
    cause = MemoryError("much")
    for text in ("m.py raised MemoryError: much", "raised MemoryError: much"):
        with pytest.raises(LpzeroError) as caught, raised_by("m.py", "it failed"):
            raise LpzeroError(text) from cause
        assert caught.value.__cause__ is cause
    with pytest.raises(KeyboardInterrupt), raised_by("m.py", "it failed"):
        raise KeyboardInterrupt


def test_a_file_that_is_run_is_said(tmp_path: Any, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "m.py"
    path.write_text("from torch import nn\ndef build_model():\n    return nn.Sequential(nn.Embedding(7, 7))\n")
    with caplog.at_level(logging.WARNING, logger="lpzero"):
        assert scorer("params").score(str(path)).scores[0].value == 49
    assert f"note: {path} is run as code" in caplog.text


@pytest.mark.parametrize("changes", [{"seed": -1}, {"batch": 0}, {"tokens": 1}])
def test_a_value_out_of_its_range_is_refused(changes: dict[str, int]) -> None:
    with pytest.raises(InputError, match=f"^`{next(iter(changes))}`: expected at least"):
        scorer("params", **changes)


def _model(*values: float | None) -> ModelScore:
    rows = [
        ProxyScore(proxy=str(i), value=value, direction="higher", status="ok", seconds=0.0)
        for i, value in enumerate(values)
    ]
    costs = CountedCosts(params=1, nonembedding=1, bytes=4, flops=1)
    facts: dict[str, Any] = {"space": None, "protocol": None, "percentiles": None, "params": 1, "costs": costs}
    return ModelScore(model="m", seed=0, batch_sha256="", scores=rows, **facts)


def test_mean_ranks_by_hand(tmp_path: Any) -> None:
    (tmp_path / "low.json").write_text(
        '{"schema": 1, "name": "low", "formula": "sum(l1(weight))", "higher_is_better": false}'
    )
    up, down = load_proxy("sum(l1(grad))"), load_proxy(str(tmp_path / "low.json"))
    models = [_model(5.0, 1.0), _model(7.0, 2.0), _model(5.0, 3.0)]
    # of the first proxy 2.5, 1, 2.5; of the second, where less is better, 1, 2, 3
    assert mean_ranks(models, [up, down]) == [1.75, 1.5, 2.75]
    assert mean_ranks(models, [up, up]) == [2.75, 1.5, 1.75]
    # a proxy that did not score all of them counts for none
    assert mean_ranks([*models[:2], _model(None, 3.0)], [up, down]) == [1, 2, 3]
    assert mean_ranks([_model(None), _model(1.0)], [up]) == [None, None]


class _Recurrent(nn.Module):
    """A recurrent model as people write them."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.lstm = nn.Embedding(31, 6), nn.LSTM(6, 5, num_layers=2, batch_first=True, dropout=0.2)
        self.decoder = nn.Linear(5, 31)

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        """(batch, tokens) to logits (batch, tokens, words)."""
        logits: torch.Tensor = self.decoder(self.lstm(self.embed(idx))[0])
        return logits


def test_a_recurrent_model_is_scored_by_the_states_of_its_layers() -> None:
    model = _Recurrent()
    given = scorer("hidden_covariance", "hidden_covariance[layer=2]", "depth", "attention_params", "synflow")
    found = given.score_loaded("mine", LoadedModel(model))
    assert model.training
    probe = given.probe
    rng = np.random.default_rng(derived_seed(probe.seed, "batch"))
    batch = random_batch(31, "causal", rng, batch=probe.batch, tokens=probe.tokens)
    assert found.batch_sha256 == batch.sha256
    precise = model.double().eval()
    with torch.no_grad():
        states = precise.lstm(precise.embed(batch.input_ids))[0].numpy()
    before = np.concatenate([np.zeros_like(states[:, :1]), states[:, :-1]], axis=1)
    values = np.linalg.eigvalsh(np.corrcoef(before.reshape(-1, 5).T)) + 1e-5
    scores = {row.proxy: row for row in found.scores}
    second = scores["hidden_covariance[layer=2]"]
    assert second.value == pytest.approx(-(np.log(values) + 1 / values).sum(), rel=1e-6)
    assert scores["hidden_covariance"].value != second.value
    assert (scores["depth"].value, scores["attention_params"].value) == (2, 2 * 20 * 6)
    assert scores["synflow"].status == "failed"
