"""The plan of HAT: counts by hand, those of the built model, and those that were published of thirty of them."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch

from lpzero.spaces import HatMt
from lpzero.spaces.hat_mt.model import HatMtModel
from lpzero.spaces.hat_mt.plan import VOCABULARIES, DecoderLayer, EncoderLayer, HatMtPlan, flops, parameter_counts
from lpzero.spaces.models.flops import counted_flops
from lpzero.spaces.models.weights import build_blank, count_parameters
from lpzero.tables import load_table

PLAN = HatMtPlan(
    vocabulary=50,
    encoder_width=12,
    decoder_width=8,
    encoder=(EncoderLayer(20, 4), EncoderLayer(10, 8)),
    decoder=(DecoderLayer(16, 4, 8, 2), DecoderLayer(24, 8, 4, 1), DecoderLayer(6, 8, 8, 2)),
)


def test_a_model_counted_by_hand() -> None:
    encoder = 2 * (3 * (12 * 512 + 512) + 512 * 12 + 12)
    decoder = 3 * (3 * (8 * 512 + 512) + 512 * 8 + 8)
    across = 3 * ((8 * 512 + 512) + 2 * (12 * 512 + 512) + 512 * 8 + 8)
    feed_forward = 2 * 12 * 30 + 30 + 2 * 12 + 2 * 8 * 46 + 46 + 3 * 8
    norms = 2 * 2 * (12 + 12) + 3 * 3 * (8 + 8)
    attention = encoder + decoder + across
    assert parameter_counts(PLAN) == {
        "embedding": 50 * 12,
        "attention": attention,
        "feed_forward": feed_forward,
        "nonembedding": attention + feed_forward + norms,
        "total": 50 * 12 + attention + feed_forward + norms,
    }


def test_the_closed_forms_are_those_of_the_model() -> None:
    blank = build_blank(partial(HatMtModel, PLAN))
    assert parameter_counts(PLAN) == count_parameters(blank)
    for tokens in (1, 13):
        ids = torch.zeros((1, tokens), dtype=torch.int64, device="meta")
        assert flops(PLAN, tokens) == counted_flops(blank, ids)


def _published(data: Path, task: str) -> list[tuple[list[str], dict[str, Any]]]:
    folder = data / "llmpp" / "train-test_seedarchs" / "123" / task
    lines = [line for part in ("train", "test") for line in (folder / f"{part}.jsonl").read_text().splitlines()]
    return [(one["arch_info"], one) for one in (json.loads(line)["scratch"] for line in lines)]


@pytest.mark.parametrize("task", VOCABULARIES)
def test_the_published_counts(data: Path, task: str) -> None:
    """Parameters are equal; operations but for those of norms and of scaling, each two an element."""
    space = HatMt(task)
    totals = {one["total_flops"]: one for _, one in _published(data, task)}
    table = load_table(f"hat-mt-{task}", data=data)
    assert len(totals) == table.n == 30
    for record, gflops in zip(table.records, table.beside.column("gflops").values, strict=True):
        one, plan = totals[round(gflops * 1e9)], space.plan(record.architecture)
        assert parameter_counts(plan)["nonembedding"] == one["num_parameters_without_embedding_weights"]
        assert plan.vocabulary * plan.decoder_width == one["num_embedding_parameters"]
        assert one["last_layer_flops"] == 2 * 30 * plan.vocabulary * plan.decoder_width
        source, target, depth = plan.encoder_width, plan.decoder_width, len(plan.decoder)
        normed = 30 * (2 * 6 * source + 3 * depth * target)
        scaled = 30 * (source + target + 512 * (6 + 2 * depth))
        # what is left are a few numbers, counted as well
        assert one["total_flops"] - flops(plan, 30) == 2 * (normed + scaled) + 156 + 12 * depth
        assert one["total_flops"] == pytest.approx(flops(plan, 30), rel=4e-4)
