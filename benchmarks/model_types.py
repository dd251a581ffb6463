"""Of every model type of transformers with a language-model head: whether SNIP is right, and the model left alone.

Each type is built small and seeded, twice: lpzero scores the one, and the other is differentiated by hand, in plain
PyTorch, on the same tokens.
"""

from __future__ import annotations

import argparse
import inspect
import json
import logging
import signal
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from record import record
from small_configurations import VOCABULARY, small_settings
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForMaskedLM, AutoModelForSeq2SeqLM
from transformers.models.auto import modeling_auto
from transformers.utils import logging as transformers_logging

from lpzero.operands.batch import Batch, random_batch
from lpzero.scoring.model import LoadedModel, load_model
from lpzero.scoring.score import Request
from lpzero.seeds import derived_seed

SEED, BATCH, TOKENS, TOLERANCE = 0, 2, 32, 1e-3
HEADS: dict[str, tuple[Any, Mapping[str, Any]]] = {
    "masked": (AutoModelForMaskedLM, modeling_auto.MODEL_FOR_MASKED_LM_MAPPING_NAMES),
    "causal": (AutoModelForCausalLM, modeling_auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES),
    "sequence to sequence": (AutoModelForSeq2SeqLM, modeling_auto.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES),
}


class OutOfTimeError(Exception):
    """A type took longer than it may."""


@contextmanager
def limited(seconds: int) -> Iterator[None]:
    """Raise OutOfTimeError in whatever runs, once the seconds are over."""

    def stop(*_: Any) -> None:
        raise OutOfTimeError(f"took more than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def head_of(model_type: str) -> str:
    """The head that is scored, as lpzero takes it: of an encoder-decoder the whole, else the masked one where it is."""
    order = sorted(HEADS, key=lambda head: head != "sequence to sequence")
    return next(head for head in order if model_type in HEADS[head][1])


def built(settings: Mapping[str, Any], head: str) -> nn.Module:
    """The model, its weights drawn as lpzero draws them."""
    given = dict(settings)
    config = AutoConfig.for_model(given.pop("model_type"), **given)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derived_seed(SEED, "weights"))
        return HEADS[head][0].from_config(config, attn_implementation="eager")  # type: ignore[no-any-return]


def batch_for(model: nn.Module, tokens: int = TOKENS) -> Batch:
    """The batch that lpzero draws."""
    masked = "MaskedLM" in type(model).__name__ or type(model).__name__ in MASKED_OTHERWISE
    rng = np.random.default_rng(derived_seed(SEED, "batch"))
    stated = getattr(model.config.get_text_config(), "vocab_size", None)
    return random_batch(
        stated if isinstance(stated, int) else VOCABULARY,
        "masked" if masked else "causal",
        rng,
        batch=BATCH,
        tokens=tokens,
    )


MASKED_OTHERWISE = ("XLMWithLMHeadModel", "FlaubertWithLMHeadModel")
"""Classes behind the masked head whose names do not say so; those of encoder-decoders stand there too and shift."""


def uncached(model: nn.Module) -> dict[str, bool]:
    """What asks a model not to fill a cache, where it takes that."""
    taken = inspect.signature(model.forward).parameters
    open_ended = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in taken.values())
    return {"use_cache": False} if open_ended or "use_cache" in taken else {}


def direct_snip(model: nn.Module, batch: Batch) -> float:
    """Sum of |weight * gradient| over all parameters of two or more axes, each once."""
    model.eval()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        output = model(input_ids=batch.input_ids, labels=batch.labels, **uncached(model))
    loss = output.loss
    if not isinstance(loss, Tensor):
        logits, labels = output.logits, batch.labels
        if "MaskedLM" not in type(model).__name__:
            logits, labels = logits[:, :-1], labels[:, 1:]
        loss = nn.functional.cross_entropy(logits.flatten(0, 1).float(), labels.flatten())
    loss.backward()
    weights = [p for p in model.parameters() if p.ndim >= 2 and p.grad is not None]
    return sum(float((p.detach() * p.grad).abs().sum()) for p in weights if p.grad is not None)


def state_of(model: nn.Module) -> list[Any]:
    """All of a model that scoring might change: numbers as bytes, modes, hooks, attributes."""
    hooks = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    numbers = [(name, t.detach().clone()) for name, t in (*model.named_parameters(), *model.named_buffers())]
    flags = [(name, p.requires_grad, p.grad is None) for name, p in model.named_parameters()]
    modules = [
        (name, module.training, [len(getattr(module, hook)) for hook in hooks], sorted(vars(module)))
        for name, module in model.named_modules(remove_duplicate=False)
    ]
    return [numbers, flags, modules, torch.random.get_rng_state()]


def same(before: Any, after: Any) -> bool:
    """Whether two states are the same, bit for bit."""
    if isinstance(before, Tensor):
        if before.dtype != after.dtype or before.shape != after.shape:
            return False
        flat = (t.reshape(-1).contiguous().view(torch.uint8) for t in (before, after))
        return torch.equal(*flat)
    if isinstance(before, list | tuple):
        return len(before) == len(after) and all(same(*pair) for pair in zip(before, after, strict=True))
    return bool(before == after)


def scored(settings: Mapping[str, Any]) -> tuple[float, bool]:
    """SNIP as lpzero gives it, and whether the model is as it was."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "config.json"
        file.write_text(json.dumps(settings))
        loaded: LoadedModel = load_model(str(file), SEED)
        before = state_of(loaded.model)
        asked = Request(("snip",), SEED, BATCH, TOKENS, "cpu", 0, None, 1).scorer()
        (row,) = asked.score_loaded("model", loaded).scores
        assert row.value is not None, row.status
        return row.value, same(before, state_of(loaded.model))


def judged(model_type: str, seconds: int) -> tuple[str, str, str]:
    """What comes of a type: its head, a verdict and, where it is not equal, why."""
    head = head_of(model_type)
    try:
        with limited(seconds):
            settings = small_settings(model_type)
            model = built(settings, head)
            if sum(p.numel() for p in model.parameters()) > 60_000_000:
                return head, "not small", f"{sum(p.numel() for p in model.parameters())} parameters"
            right = direct_snip(model, batch_for(model))
    except Exception as err:
        return head, "not run", f"{type(err).__name__}: {' '.join(str(err).split())[:160]}"
    try:
        with limited(seconds):
            value, unchanged = scored(settings)
    except Exception as err:
        return head, "failed", f"{type(err).__name__}: {' '.join(str(err).split())[-200:]}"
    if not unchanged:
        return head, "changed", "the model is not as it was"
    if abs(value - right) > TOLERANCE * abs(right):
        return head, "other", f"{value:.6g} for {right:.6g}"
    return head, "equal", ""


def main() -> None:
    """Try every type and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--types", nargs="*", help="only these; nothing is recorded")
    parser.add_argument("--seconds", type=int, default=40, help="time limit of a type, for either side")
    options = parser.parse_args()
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore")
    transformers_logging.set_verbosity_error()
    logging.getLogger("lpzero").setLevel(logging.ERROR)
    types = options.types or sorted({name for _, names in HEADS.values() for name in names})
    rows = []
    for model_type in types:
        rows.append([model_type, *judged(model_type, options.seconds)])
        print(*rows[-1], sep="\t", flush=True)
    verdicts = Counter(row[2] for row in rows)
    tried = sum(number for verdict, number in verdicts.items() if verdict not in ("not run", "not small"))
    if not options.types:
        record(
            "model-types",
            "python benchmarks/model_types.py",
            ["model type", "head", "SNIP", "reason"],
            rows,
            types=len(rows),
            built_and_differentiated=tried,
            equal=verdicts["equal"],
            share=round(verdicts["equal"] / max(1, tried), 4),
            tokens=f"{BATCH} x {TOKENS}, tolerance {TOLERANCE}",
        )


if __name__ == "__main__":
    main()
