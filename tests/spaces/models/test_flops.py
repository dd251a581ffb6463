"""Operations of a forward pass, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from lpzero.spaces import Gpt2, get_space
from lpzero.spaces.gpt2.own_plan import Gpt2OwnPlan


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
