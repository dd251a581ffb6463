"""From what stays to the smaller model in its folder: refit, recovery, proof and files."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from torch import nn

from lpzero.compression.calibration import Calibrated
from lpzero.compression.choosing.controls import DEPTH
from lpzero.compression.choosing.counts import LATENCY
from lpzero.compression.choosing.decide import Decision
from lpzero.compression.clock import Clock
from lpzero.compression.cut import cut
from lpzero.compression.files.card import Figure, Story
from lpzero.compression.files.folder import write_checkpoint
from lpzero.compression.files.saved import Saved
from lpzero.compression.job import Job
from lpzero.compression.lazily import lazily_cut
from lpzero.compression.proof import (
    CHOSEN,
    FULL,
    RECOVERED,
    UNFITTED,
    UNRECOVERED,
    Proof,
    mean_divergence,
    prove,
    sample,
)
from lpzero.compression.recovery.alike import Alike
from lpzero.compression.recovery.recover import Recovered
from lpzero.compression.refit import refitted
from lpzero.compression.result import Sample
from lpzero.compression.speed import Speed, measure_speed
from lpzero.errors import LpzeroError
from lpzero.files import held

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Made:
    """The smaller model, and all that was measured of it.

    Attributes:
        divergence: Of what stays from the full model, before any refit, on the windows it was chosen by.
        recovered: What it learned; None where it did not.
        proof: Losses.
        saved: What was written.
        sample: What both models write; None for a masked objective.
        speeds: Of both models, by name.
    """

    divergence: float
    recovered: Recovered | None
    proof: Proof
    saved: Saved
    sample: Sample | None
    speeds: dict[str, Speed]


def make(job: Job, shown: Calibrated, decision: Decision, clock: Clock) -> Made:
    """Make the smaller model, prove it, and write it.

    The smaller model shares the tensors that stay as they are with the checkpoint, and controls are made a block at a
    time, so that little stands in memory beside both.

    Raises:
        InputError: The folder is not free, or another recovery is kept beside it.
        LpzeroError: The folder cannot be written, or a loss is not finite.
    """
    model, layout, choice = shown.model, shown.layout, decision.chosen.choice
    with clock.step("measuring the divergence"):
        divergence = mean_divergence(model, lazily_cut(model, layout, choice), shown.measuring)
    smaller = _fitted(job, shown, decision, clock)
    recovered = None
    with _resumable(job):
        learn = _learning(job, shown, clock)
        if learn is not None:
            with clock.step("recovering"):
                recovered = learn(CHOSEN, smaller)
        others = _others(shown, decision, smaller, recovered, learn, refit=job.settings.refit)
        chosen = smaller if recovered is None else recovered.model
        del smaller
        with clock.step("proving"):
            proof = prove(model, others, shown.questions, clock.watch)
        with clock.step("writing"):
            saved = _write(job, shown, decision, chosen, proof)
    with clock.step("writing a sample"):
        written = _sample(shown, chosen)
    with clock.step("measuring speed"):
        speeds = {FULL: _speed(shown, model), CHOSEN: _speed(shown, chosen)}
        if LATENCY in decision.limits and DEPTH in decision.controls:
            # what dropping whole layers takes within the same limit, measured in the same way
            speeds[DEPTH] = _speed(shown, cut(model, layout, decision.controls[DEPTH], share=True))
    return Made(divergence, recovered, proof, saved, written, speeds)


def _fitted(job: Job, shown: Calibrated, decision: Decision, clock: Clock) -> nn.Module:
    choice = decision.chosen.choice
    if not job.settings.refit:
        return cut(shown.model, shown.layout, choice, share=True)
    with clock.step("refitting"):
        return refitted(shown.model, shown.layout, choice, shown.fitting, share=True, watch=clock.watch)


def _learning(job: Job, shown: Calibrated, clock: Clock) -> Alike | None:
    how = job.settings.recovery
    return None if how is None else Alike(shown.model, shown.learning, how, job.states, clock.watch)


def _others(
    shown: Calibrated,
    decision: Decision,
    smaller: nn.Module,
    recovered: Recovered | None,
    learn: Alike | None,
    *,
    refit: bool,
) -> dict[str, Callable[[], nn.Module]]:
    """What makes each model whose losses stand beside the full one's, in their order."""
    lazily = partial(lazily_cut, shown.model, shown.layout)
    others: dict[str, Callable[[], nn.Module]] = {}
    if refit:
        others[UNFITTED] = partial(lazily, decision.chosen.choice)
    if recovered is not None:
        others[UNRECOVERED] = partial(_given, smaller)
    others[CHOSEN] = partial(_given, smaller if recovered is None else recovered.model)
    others |= {name: partial(lazily, control) for name, control in decision.controls.items()}
    if learn is not None:
        others |= {
            f"{name}, {RECOVERED}": partial(_learned, learn, name, partial(cut, shown.model, shown.layout, control))
            for name, control in decision.controls.items()
        }
    return others


def _given(model: nn.Module) -> nn.Module:
    return model


def _learned(learn: Alike, name: str, make: Callable[[], nn.Module]) -> nn.Module:
    return learn(name, make()).model


@contextmanager
def _resumable(job: Job) -> Iterator[None]:
    """Keep states in a folder inside the block, and remove it when that ends; where it is stopped, say how to go on."""
    if job.settings.recovery is None:
        yield
        return
    folder: Path = job.states
    try:
        with held(folder):
            yield
    except LpzeroError:
        raise
    except BaseException:
        _LOG.info("what was learned is kept in %s: the same command goes on from there", folder)
        raise
    shutil.rmtree(folder, ignore_errors=True)


def _write(job: Job, shown: Calibrated, decision: Decision, smaller: nn.Module, proof: Proof) -> Saved:
    full = {one.text: one.loss for one in proof.losses if one.model == FULL}
    figures = [
        Figure(one.model, one.text, one.tokens, one.context, one.loss, full[one.text])
        for one in sorted(proof.losses, key=lambda one: one.model != CHOSEN)
        if one.model != FULL
    ]
    story = Story(job.checkpoint.resolve().name, command=job.command, figures=tuple(figures))
    choice = decision.chosen.choice
    return write_checkpoint(smaller, shown.layout, choice, job.checkpoint, job.output, form=job.form, story=story)


def _sample(shown: Calibrated, smaller: nn.Module) -> Sample | None:
    if shown.layout.objective == "masked":
        return None
    return sample(shown.model, smaller, shown.tokenizer, shown.questions[0].windows.inputs[0])


def _speed(shown: Calibrated, model: nn.Module) -> Speed:
    return measure_speed(model, shown.fitting[0], writes=shown.layout.objective == "causal")
