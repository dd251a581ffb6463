"""The proof of a choice: losses on text that was not looked at, beside the full model's and those of controls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from scipy import stats
from torch import Tensor, nn

from lpzero.compression.losses import asked, each_prediction, far_from, logits_of, window_losses
from lpzero.compression.result import Loss, Sample
from lpzero.compression.texts import Windows
from lpzero.errors import LpzeroError
from lpzero.progress import Progress, Watch, unwatched

CONFIDENCE = 0.95
PROMPT, WRITTEN = 24, 40
FULL, CHOSEN, UNFITTED = "full", "chosen", "chosen, not refitted"
UNRECOVERED, RECOVERED = "chosen, not recovered", "recovered"
INELASTIC = "not elastic, learned as long"


@dataclass(frozen=True)
class Question:
    """Windows of one text.

    Attributes:
        windows: What is asked.
        sha256: Of the text.
    """

    windows: Windows
    sha256: str


def answers_of(name: str, model: nn.Module, questions: Sequence[Question]) -> Mapping[str, Tensor]:
    """The losses of a model by the name of the text, (windows,); raises LpzeroError where one is not finite."""
    losses = {}
    for question in questions:
        found = window_losses(model, question.windows)
        if not bool(torch.isfinite(found).all()):
            raise LpzeroError(f"expected finite losses of the {name} model on {question.windows.name}, found others")
        losses[question.windows.name] = found
    return losses


def compared(name: str, answers: Mapping[str, Tensor], full: Mapping[str, Tensor], question: Question) -> Loss:
    """A loss on one text, and how much above the full model's it is."""
    windows = question.windows
    losses, others = answers[windows.name], full[windows.name]
    above = losses - others
    number = len(above)
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, number - 1)) * float(above.std()) / number**0.5
    mean = float(above.mean())
    return Loss(
        model=name,
        text=windows.name,
        sha256=question.sha256,
        windows=number,
        tokens=windows.predicted,
        context=windows.inputs.shape[1],
        loss=round(float(losses.mean()), 6),
        above=round(mean, 6),
        interval=[round(mean - half, 6), round(mean + half, 6)],
    )


@dataclass(frozen=True)
class Proof:
    """Losses of several models on several texts.

    Attributes:
        losses: Of every model on every text, the full model's first.
    """

    losses: tuple[Loss, ...]


def prove(
    full: nn.Module,
    others: Mapping[str, Callable[[], nn.Module]],
    questions: Sequence[Question],
    watch: Watch = unwatched,
) -> Proof:
    """Measure the losses of models beside those of the full one.

    Args:
        full: The checkpoint.
        others: What makes each of the others; one is there at a time.
        questions: The texts.
        watch: Told of every model.

    Raises:
        LpzeroError: A loss is not finite.
    """
    of_full = answers_of(FULL, full, questions)
    losses = [compared(FULL, of_full, of_full, question) for question in questions]
    for done, (name, make) in enumerate(others.items()):
        watch(Progress("proving", done / len(others), name))
        found = answers_of(name, make(), questions)
        losses += [compared(name, found, of_full, question) for question in questions]
    return Proof(tuple(losses))


def mean_divergence(model: nn.Module, smaller: nn.Module, windows: Windows) -> float:
    """Divergence of a smaller model's predictions from the full one's, in nats a token."""
    device = next(smaller.parameters()).device
    found = []
    with torch.no_grad():
        for one, inputs, labels in zip(each_prediction(model, windows), windows.inputs, windows.labels, strict=True):
            found.append(far_from(one, logits_of(smaller, inputs[None].to(device))[0][asked(labels)]))
    return float(torch.cat(found).double().mean())


def sample(model: Any, smaller: Any, tokenizer: Any, ids: Tensor) -> Sample:
    """What both models write after the first words of a window, always the likeliest token.

    Args:
        model: The full model, with a causal objective.
        smaller: The smaller one.
        tokenizer: Of both.
        ids: (tokens,) of the window.
    """
    longest = getattr(model.config, "max_position_embeddings", PROMPT + WRITTEN)
    prompt = ids[: min(PROMPT, len(ids) // 2)]
    written = {}
    for name, one in (("full", model), ("chosen", smaller)):
        given = prompt[None].to(next(one.parameters()).device)
        with torch.no_grad():
            found = one.generate(
                given,
                attention_mask=torch.ones_like(given),
                max_new_tokens=min(WRITTEN, longest - len(prompt)),
                do_sample=False,
                temperature=None,
                top_p=None,
                top_k=None,
                pad_token_id=tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id,
            )
        written[name] = tokenizer.decode(found[0, len(prompt) :], skip_special_tokens=True)
    return Sample(prompt=tokenizer.decode(prompt), **written)
