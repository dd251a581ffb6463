"""Models of transformers, built from a configuration, seeded, and made to answer as a model of a space does."""

from __future__ import annotations

import re
from typing import Any

import torch
from torch import Tensor, nn

from lpzero.errors import InputError
from lpzero.spaces.models.flops import counted_flops
from lpzero.spaces.models.foreign import Answering
from lpzero.spaces.models.sites import Group, SiteMap
from lpzero.spaces.models.weights import build_blank, check_memory
from lpzero.spaces.reading.names import discover_sites
from lpzero.spaces.reading.read import read_model
from lpzero.spaces.space import Objective
from lpzero.spaces.toml.family import reason

READ_BATCH, READ_TOKENS = 2, 8
"""The pass that the sites are read off: fewer sequences than tokens, so that its axes can be told apart."""
_HEAD = re.compile(r"(^|\.)(lm_head|head|cls|predictions|generator_\w+)(\.|$)")


class ConfigModel(Answering):
    """A language model of transformers, a :class:`~lpzero.spaces.models.sites.LanguageModel`.

    Its hidden states are those that transformers returns: in most decoders the last one stands behind the final norm.

    Args:
        model: The model, which stays reachable as ``model``.
        objective: Which loss its logits stand for.
    """

    def __init__(self, model: nn.Module, objective: Objective) -> None:
        super().__init__(model, objective)
        named = ("attention_mask", "use_cache")
        self._masked, self._cached = (self._open_ended or name in self._arguments for name in named)

    def site_map(self) -> SiteMap:
        """The sites, read off a pass over a few tokens; by the names of its parts where it cannot be run."""
        device = next(self.parameters()).device
        ids = torch.arange(READ_BATCH * READ_TOKENS, device=device).view(READ_BATCH, READ_TOKENS)
        config: Any = self.model.config
        ids = ids % config.get_text_config().vocab_size
        try:
            return read_model(self, ids, ids)
        except Exception:  # whatever a pass without numbers raises; with numbers it is the model's fault
            if device.type != "meta":
                raise
            return discover_sites(self)

    def logits(self, input_ids: Tensor) -> Tensor:
        """(batch, tokens) ids to (batch, tokens, vocabulary): scores whose softmax are the probabilities."""
        # A decoder that is given no mask looks through the positions for packed sequences, an encoder that is given one
        # looks for padding: the meta device can do neither.
        masked = self._masked and self.objective == "causal"
        given: dict[str, Any] = {"attention_mask": torch.ones_like(input_ids)} if masked else {}
        given |= {"use_cache": False} if self._cached else {}
        logits: Tensor = self.model(input_ids=input_ids, **given).logits
        return logits


def build(config: Any, objective: Objective, seed: int) -> ConfigModel:
    """Build a model on the CPU, in float32 and evaluation mode; equal arguments give equal weights, bit for bit.

    Its weights are drawn as its class draws them, from torch's global generator, which is seeded and restored.

    Raises:
        InputError: The model class refuses the configuration, or the model does not fit in memory.
    """
    check_memory(sum(parameter.numel() for parameter in blank(config, objective).parameters()))
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        torch.manual_seed(seed)
        return _made(config, objective).eval()


def blank(config: Any, objective: Objective) -> ConfigModel:
    """The same model on the meta device: shapes and names, no numbers, no random state touched.

    Raises:
        InputError: The model class refuses the configuration.
    """
    with torch.random.fork_rng(devices=[]):
        return build_blank(lambda: _made(config, objective)).eval()


def _made(config: Any, objective: Objective) -> ConfigModel:
    from transformers import AutoModelForCausalLM, AutoModelForMaskedLM

    auto: Any = AutoModelForMaskedLM if objective == "masked" else AutoModelForCausalLM
    # one expert after the other: the fused operation takes other number formats on other devices, and is not counted
    config._experts_implementation = "eager"
    try:
        model: nn.Module = auto.from_config(config, attn_implementation="eager", dtype=torch.float32)
    except Exception as err:  # whatever a model class of transformers raises of its configuration
        raise InputError(f"{config.model_type} refuses it: {reason(err)}") from err
    if objective == "causal" and getattr(model, "loss_type", "") is None:
        # what transformers takes anyway, with a warning, where the name of a class says no loss, as that of GPT-2
        model.loss_type = "ForCausalLM"  # type: ignore[assignment]
    return ConfigModel(model, objective)


def flops(config: Any, objective: Objective, tokens: int) -> int:
    """Operations of a forward pass over one sequence, counted without weights where the model can be run so.

    Raises:
        InputError: The model class refuses the configuration, or the model cannot be run.
    """
    model, ids = blank(config, objective), torch.zeros((1, tokens), dtype=torch.int64)
    try:
        return counted_flops(model, ids.to("meta"))
    except Exception:
        # as :func:`runs_blank` says, that may not be the model's fault: with numbers it is
        model = build(config, objective, 0)
    try:
        return counted_flops(model, ids)
    except Exception as err:  # whatever the model raises
        raise InputError(f"{config.model_type} cannot be run: {reason(err)}") from err


def runs_blank(model: ConfigModel, tokens: int) -> bool:
    """Whether a model makes a forward pass on the meta device.

    Where it does not, it is broken, or it looks at numbers on the way, which the meta device does not have.
    """
    try:
        with torch.no_grad():
            model.logits(torch.zeros((1, tokens), dtype=torch.int64, device="meta"))
    except Exception:
        return False
    return True


def padded_positions(model: nn.Module) -> int:
    """Rows of the table of positions that no token can have: the ids of RoBERTa's begin behind the padding."""
    for name, module in model.named_modules():
        if isinstance(module, nn.Embedding) and "position" in name and module.padding_idx is not None:
            return module.padding_idx + 1
    return 0


def part_counts(model: nn.Module, site_map: SiteMap) -> dict[str, int]:
    """Count the parameters of a model by part; tied ones once, with the embedding.

    Within the blocks a bias goes with its weight, and norms are neither ``attention`` nor ``feed_forward``. Outside,
    norms and biases belong to the embedding or to the output, as their path says; a final norm to neither.

    Returns:
        ``total``, ``embedding``, ``attention``, ``feed_forward``, and ``nonembedding``: the total without the embedding
        and without the output.
    """
    held = {site.parameter.rpartition(".")[0]: site for site in site_map.parameters}
    blocks = _blocks(site_map)
    linear = {name for name, module in model.named_modules() if isinstance(module, nn.Linear)}
    counts = dict.fromkeys(("total", "embedding", "operation", "feed_forward", "output"), 0)
    for name, parameter in model.named_parameters():
        holder = name.rpartition(".")[0]
        group: Group | None
        if holder in held:
            group = held[holder].group
        else:
            group = None if name.startswith(blocks) else _outside(name, holder in linear)
        counts["total"] += parameter.numel()
        if group is not None:
            counts[group] += parameter.numel()
    return {
        "total": counts["total"],
        "embedding": counts["embedding"],
        "attention": counts["operation"],
        "feed_forward": counts["feed_forward"],
        "nonembedding": counts["total"] - counts["embedding"] - counts["output"],
    }


def _blocks(site_map: SiteMap) -> str:
    """What the names of all parameters in blocks begin with."""
    site = next(site for site in site_map.parameters if site.layer == 1)
    return site.parameter.removesuffix(".weight").removesuffix(site.role).removesuffix("0.")


def _outside(name: str, linear: bool) -> Group | None:
    """Where a norm or a bias outside the blocks belongs; None for a final norm."""
    if linear or _HEAD.search(name):
        return "output"
    return "embedding" if "embed" in name else None
