"""A small architecture of every space, and no progress bars."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from transformers.utils import logging

from lpzero.pretrained import register
from lpzero.spaces import SPACES, Architecture, SearchSpace, get_space
from lpzero.spaces.architecture import Value

_FLEXIBERT = Architecture.of(
    "flexibert",
    {"hidden_size": 128},
    [
        {"operation": kind, "parameter": value, "heads": 2, "feed_forward": 512, "feed_forward_layers": 1}
        for kind, value in (("SA", "WMA"), ("DSC", 5))
    ],
)
_ADAPTIVE = {"d_model": 64, "d_embed": 128, "div_val": 4}
_LLAMA = [{"intermediate_size": 384, "heads": 3, "kv_heads": 3}] * 2 + [
    {"intermediate_size": 768, "heads": 3, "kv_heads": 1}
]
_DECODERS = [{"d_inner": 64, "heads": 2}, {"d_inner": 96, "heads": 4}]
_RECURRENT: dict[str, Value] = {"d_embed": 32, "cell": "lstm", "tied": True, "projection": False, "residual": True}
_STACKS: list[dict[str, Value]] = [{"encoder_ffn_embed_dim": 1024, "encoder_self_attention_heads": 4}] * 6 + [
    {
        "decoder_ffn_embed_dim": 1024,
        "decoder_self_attention_heads": 4,
        "decoder_ende_attention_heads": 8,
        "decoder_arbitrary_ende_attn": 1,
    }
]
_EACH = {
    **{("flexibert", protocol): _FLEXIBERT for protocol in ("trained", "listed", "legacy", "own")},
    ("gpt2", "lts"): Architecture.of("gpt2", _ADAPTIVE, [{"d_inner": 512, "heads": 2}, {"d_inner": 513, "heads": 4}]),
    ("gpt2", "own"): Architecture.of("gpt2", {"d_model": 64}, _DECODERS),
    ("transfo-xl", "lts"): Architecture.of("transfo-xl", _ADAPTIVE, [{"d_inner": 512, "heads": 2}] * 5),
    ("llama", "160m"): Architecture.of("llama", {"hidden_size": 192}, _LLAMA),
    ("hwgpt", "s"): Architecture.of(
        "hwgpt", {"hidden_size": 192, "bias": True}, [{"heads": 4, "mlp_ratio": 2}] * 9 + [{"heads": 8, "mlp_ratio": 3}]
    ),
    ("hat-mt", "wmt14ende"): Architecture.of("hat-mt", {"decoder_embed_dim": 512, "encoder_embed_dim": 512}, _STACKS),
    ("rnn", "own"): Architecture.of("rnn", _RECURRENT, [{"d_hidden": 48}, {"d_hidden": 32}]),
}
_SMALL = {place: architecture for place, architecture in _EACH.items() if place[0] in SPACES}

Small = tuple[SearchSpace, Architecture]


@pytest.fixture(params=_SMALL, ids="-".join)
def small(request: pytest.FixtureRequest) -> Small:
    """Each space under each of its protocols, with a small architecture."""
    return get_space(*request.param), _SMALL[request.param]


@pytest.fixture
def tiny_gpt2() -> Small:
    """The quickest of them."""
    return get_space("gpt2", "own"), _SMALL["gpt2", "own"]


@pytest.fixture
def tiny_flexibert() -> Small:
    """The quickest masked one; one of its layers has no attention."""
    return get_space("flexibert", "own"), _SMALL["flexibert", "own"]


@pytest.fixture(autouse=True)
def _registered() -> Iterator[None]:
    register()
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    yield
    if shown:
        logging.enable_progress_bar()
