"""Operations of a forward pass, against closed forms."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint
from torch.utils.flop_counter import FlopCounterMode

from lpzero.spaces import Gpt2, get_space
from lpzero.spaces.gpt2.own_plan import Gpt2OwnPlan
from lpzero.spaces.models.flops import CountedFlops, passed_flops


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("tokens", [2, 17, 64])
def test_a_decoder_takes_two_operations_a_weight_and_token_and_attention_on_top(seed: int, tokens: int) -> None:
    space = Gpt2("own")
    architecture = space.sample(np.random.default_rng(seed))
    plan = space.plan(architecture)
    assert isinstance(plan, Gpt2OwnPlan)
    weights = sum(4 * plan.width**2 + 2 * plan.width * inner for inner in plan.inner_widths)
    weights += plan.width * plan.vocabulary
    attention = 2 * tokens * plan.width * architecture.depth
    assert space.flops(architecture, tokens) == 2 * tokens * (weights + attention)


@pytest.mark.parametrize(("name", "protocol"), [("flexibert", "own"), ("flexibert", "legacy"), ("gpt2", "own")])
def test_the_loss_is_that_of_the_logits(name: str, protocol: str) -> None:
    space = get_space(name, protocol)
    model = space.build(space.sample(np.random.default_rng(1)), 0)
    ids = torch.from_numpy(np.random.default_rng(2).integers(1, space.vocabulary, size=(2, 9)))
    logits, labels = model.logits(ids), ids
    if space.objective == "causal":
        logits, labels = logits[:, :-1], labels[:, 1:]
    wanted = torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten())
    torch.testing.assert_close(model(ids, ids).loss, wanted)


@pytest.mark.parametrize("name", ["gpt2", "transfo-xl"])
def test_the_logits_of_an_adaptive_softmax_are_logarithms_that_give_its_loss(name: str) -> None:
    space = get_space(name)
    rng = np.random.default_rng(3)
    architecture = next(a for a in (space.sample(rng) for _ in range(200)) if a["div_val"] != 1 and a.depth < 7)
    model = space.build(architecture, 0)
    ids = torch.from_numpy(rng.integers(0, space.vocabulary, size=(1, 40)))
    with torch.no_grad():
        logits = model.logits(ids)
        torch.testing.assert_close(logits.exp().sum(-1), torch.ones(1, 40))
        loss = model(ids, ids).loss
    torch.testing.assert_close(loss, torch.nn.functional.nll_loss(logits[0, :-1], ids[0, 1:]))


def test_a_blank_model_has_the_shapes_of_the_built_one_and_no_numbers() -> None:
    for name, protocol in (("flexibert", "listed"), ("gpt2", "lts"), ("gpt2", "own"), ("transfo-xl", "lts")):
        space = get_space(name, protocol)
        architecture = space.sample(np.random.default_rng(4))
        blank = space.blank(architecture)
        assert {p.device.type for p in blank.parameters()} == {"meta"}
        assert sum(p.numel() for p in blank.parameters()) == space.parameter_counts(architecture)["total"]


def test_operations_of_an_adaptive_embedding_are_those_of_frequent_ids() -> None:
    space, rng = get_space("gpt2"), np.random.default_rng(5)
    drawn = (space.sample(rng) for _ in range(200))
    architecture = next(a for a in drawn if a["div_val"] == 4 and a.depth < 4 and a["d_model"] == 64)
    model = space.build(architecture, 0)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model.logits(torch.arange(12).unsqueeze(0))
    assert space.flops(architecture, 12) == counter.get_total_flops()


def passed(run: Callable[[Tensor], Tensor], *parts: nn.Module) -> CountedFlops:
    """What a pass of something over one sequence of five vectors, eight wide, takes."""

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.parts = nn.ModuleList(parts)

        def forward(self, x: Tensor) -> Tensor:
            return run(x)

    return passed_flops(Model(), {"x": torch.ones(1, 5, 8)})


def lstm_flops(inputs: int, hidden: int, *, gates: int = 4, layers: int = 1, both: int = 1) -> int:
    """Two operations a weight and token, each direction of each layer."""
    widths = [inputs, *[both * hidden] * (layers - 1)]
    return sum(2 * 5 * gates * hidden * (width + hidden) * both for width in widths)


def test_recurrent_layers_count_every_gate_of_every_step() -> None:
    for module, wanted in (
        (nn.LSTM(8, 6, 2, batch_first=True), lstm_flops(8, 6, layers=2)),
        (nn.LSTM(8, 6, 2, batch_first=True, bidirectional=True), lstm_flops(8, 6, layers=2, both=2)),
        (nn.LSTM(8, 6, batch_first=True, proj_size=3), 2 * 5 * (24 * (8 + 3) + 6 * 3)),
        (nn.GRU(8, 6, batch_first=True), lstm_flops(8, 6, gates=3)),
        (nn.RNN(8, 6, batch_first=True), lstm_flops(8, 6, gates=1)),
    ):
        assert passed(lambda x, module=module: module(x)[0], module) == CountedFlops(wanted)


ATTENTION = 2 * (5 * 5 * 8) * 2
PROJECTIONS = 2 * 5 * 8 * 32


@pytest.mark.parametrize("training", [False, True])
def test_attention_of_torch_counts_in_either_mode(training: bool) -> None:
    attention = nn.MultiheadAttention(8, 2, batch_first=True).train(training)
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False).train(training)
    one = PROJECTIONS + ATTENTION + 2 * (2 * 5 * 8 * 16)
    for weights in (False, True):
        taken = passed(lambda x, w=weights: attention(x, x, x, need_weights=w)[0], attention)
        assert taken == CountedFlops(PROJECTIONS + ATTENTION)
    assert passed(encoder, encoder) == CountedFlops(2 * one)


def test_attention_of_every_shape_counts_all_pairs() -> None:
    def grouped(x: Tensor) -> Tensor:
        q, kv = x.view(1, 5, 4, 2).transpose(1, 2), x[..., :4].reshape(1, 5, 2, 2).transpose(1, 2)
        return functional.scaled_dot_product_attention(q, kv, kv, is_causal=True, enable_gqa=True)

    assert passed(grouped) == CountedFlops(ATTENTION)
    mask = torch.ones(5, 5, dtype=torch.bool).tril()
    assert passed(lambda x: functional.scaled_dot_product_attention(x, x, x, attn_mask=mask)) == CountedFlops(ATTENTION)


def test_products_of_vectors_matrices_and_groups_count() -> None:
    offsets, experts = torch.tensor([2, 5], dtype=torch.int32), torch.ones(2, 8, 16)
    bilinear = nn.Bilinear(8, 8, 3)
    for run, wanted in (
        (lambda x: functional.grouped_mm(x[0], experts, offs=offsets), 2 * 5 * 8 * 16),
        (lambda x: functional.grouped_mm(x[0].expand(2, 5, 8), experts), 2 * 2 * 5 * 8 * 16),
        (lambda x: torch.einsum("btd,bsd->bts", x, x), 2 * 5 * 5 * 8),
        (lambda x: torch.baddbmm(torch.ones(1, 5, 5), x, x.mT), 2 * 5 * 5 * 8),
        (lambda x: torch.addbmm(torch.ones(5, 5), x, x.mT), 2 * 5 * 5 * 8),
        (lambda x: x[0] @ x[0, 0], 2 * 5 * 8),
        (lambda x: x[0, 0] @ x[0, 1], 2 * 8),
        (lambda x: torch.addmv(torch.ones(5), x[0], x[0, 0]), 2 * 5 * 8),
        (lambda x: bilinear(x, x), 2 * 5 * 3 * (8 * 8 + 8)),
        (lambda x: functional.conv1d(x.mT, torch.ones(8, 1, 3), groups=8, padding=2), 2 * 8 * 7 * 3),
        (lambda x: (x * x).sum(-1), 0),
    ):
        assert passed(run) == CountedFlops(wanted)


def test_a_module_that_is_given_a_parameter_counts() -> None:
    latents, layer = nn.Embedding(5, 8), nn.Linear(8, 8, bias=False)
    assert passed(lambda x: layer(latents.weight) + x, latents, layer) == CountedFlops(2 * 5 * 8 * 8)


def test_what_cannot_be_counted_is_named() -> None:
    @torch.library.custom_op("lpzero_test::opaque", mutates_args=())
    def opaque(x: Tensor) -> Tensor:
        return x @ x.mT

    counted = passed(lambda x: torch.fft.fft(opaque(x) @ x).real)
    assert counted == CountedFlops(2 * 5 * 5 * 8, ("aten._fft_r2c", "lpzero_test.opaque"))


def test_a_model_is_counted_as_it_was_written_and_left_so() -> None:
    layer = nn.Sequential(nn.Linear(8, 8), nn.Dropout(0.5)).train()
    state = torch.random.get_rng_state()
    assert passed(lambda x: checkpoint(layer, x, use_reentrant=True), layer) == CountedFlops(2 * 5 * 8 * 8)
    assert layer.training
    assert torch.equal(torch.random.get_rng_state(), state)
