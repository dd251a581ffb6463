"""A checkpoint without its numbers: shapes and counts of what is cut out of it, before anything is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import nn

    from lpzero.compression.choosing.counts import Count
    from lpzero.compression.cutting.layout import Layout


@dataclass(frozen=True)
class Skeleton:
    """A checkpoint without its numbers.

    Attributes:
        model: On the meta device.
        config: Its configuration.
        layout: Its shape.
        counts: What sub-networks take, as limits count them.
    """

    model: nn.Module
    config: Any
    layout: Layout
    counts: Mapping[str, Count]


@lru_cache(maxsize=4)
def skeleton_of(folder: Path, digest: str) -> Skeleton:
    """Read it once a process; ``digest`` is that of its files.

    Raises:
        InputError: The checkpoint cannot be cut.
    """
    del digest
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForMaskedLM

    from lpzero.compression.choosing.counts import counts_of
    from lpzero.compression.cutting.checkpoint import check_usable
    from lpzero.compression.cutting.families import FAMILIES
    from lpzero.compression.cutting.layout import read_layout
    from lpzero.compression.texts import WINDOW
    from lpzero.spaces.models.weights import build_blank

    document = check_usable(folder)
    masked = FAMILIES[str(document["model_type"])].objective == "masked"
    auto: Any = AutoModelForMaskedLM if masked else AutoModelForCausalLM
    config: Any = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    with torch.random.fork_rng(devices=[]):
        model = build_blank(lambda: auto.from_config(config, attn_implementation="eager", dtype=torch.float32)).eval()
    layout = read_layout(model)
    return Skeleton(model, config, layout, counts_of(model, layout, context=WINDOW))
