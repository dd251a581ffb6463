"""From what stays to the smaller model in its folder: refit, recovery, proof and files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from torch import nn

from lpzero.compression.calibration import Calibrated
from lpzero.compression.choosing.controls import DEPTH
from lpzero.compression.choosing.counts import LATENCY
from lpzero.compression.choosing.decide import Decision
from lpzero.compression.clock import Clock
from lpzero.compression.cutting.choice import Choice
from lpzero.compression.cutting.cut import cut
from lpzero.compression.cutting.lazily import lazily_cut
from lpzero.compression.cutting.refit import refitted
from lpzero.compression.elastic import Elastic
from lpzero.compression.files.card import Figure, Story
from lpzero.compression.files.folder import write_checkpoint
from lpzero.compression.files.saved import Saved
from lpzero.compression.job import Job
from lpzero.compression.proof import (
    CHOSEN,
    FULL,
    INELASTIC,
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
from lpzero.compression.result import Sample
from lpzero.compression.speed import Speed, measure_speed


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


def make(job: Job, shown: Calibrated, decision: Decision, clock: Clock, elastic: Elastic | None = None) -> Made:
    """Make the smaller model, prove it, and write it.

    The smaller model shares the tensors that stay as they are with the checkpoint, and controls are made a block at a
    time, so that little stands in memory beside both.

    Args:
        job: What is asked for.
        shown: The checkpoint and its windows.
        decision: What stays of it as it is, and controls.
        clock: Told of all steps.
        elastic: What it learned before; what stays of that is made then, beside what stays of it as it is, which learns
            as long.

    Raises:
        InputError: The folder is not free, or another recovery is kept beside it.
        LpzeroError: The folder cannot be written, or a loss is not finite.
    """
    model, layout = shown.model, shown.layout
    cutting = shown if elastic is None else replace(shown, model=elastic.model)
    choice = (decision if elastic is None else elastic.decision).chosen.choice
    with clock.step("measuring the divergence"):
        divergence = mean_divergence(model, lazily_cut(cutting.model, layout, choice), shown.measuring)
    smaller = _fitted(job, cutting, choice, clock)
    recovered, learn = None, _learning(job, shown, clock)
    if learn is not None:
        with clock.step("recovering"):
            recovered = learn(CHOSEN, smaller)
    chosen = smaller if recovered is None else recovered.model
    others = _of_choice(job, cutting, choice, smaller, chosen)
    if elastic is not None:
        others |= _inelastic(job, shown, decision.chosen.choice, elastic.seconds, clock)
    others |= _controls(shown, decision, learn)
    del smaller
    with clock.step("proving"):
        proof = prove(model, others, shown.questions, clock.watch)
    with clock.step("writing a sample"):
        written = _sample(shown, chosen)
    with clock.step("measuring speed"):
        speeds = {FULL: _speed(shown, model), CHOSEN: _speed(shown, chosen)}
        if LATENCY in decision.limits and DEPTH in decision.controls:
            # what dropping whole layers takes within the same limit, measured in the same way
            speeds[DEPTH] = _speed(shown, cut(model, layout, decision.controls[DEPTH], share=True))
    # last, so that whoever stops it before finds nothing there
    with clock.step("writing"):
        saved = _write(job, shown, choice, chosen, proof)
    return Made(divergence, recovered, proof, saved, written, speeds)


def _fitted(job: Job, cutting: Calibrated, choice: Choice, clock: Clock) -> nn.Module:
    if not job.settings.refit:
        return cut(cutting.model, cutting.layout, choice, share=True)
    with clock.step("refitting"):
        return refitted(cutting.model, cutting.layout, choice, cutting.fitting, share=True, watch=clock.watch)


def _learning(job: Job, shown: Calibrated, clock: Clock) -> Alike | None:
    how = job.settings.recovery
    return None if how is None else Alike(shown.model, shown.learning, how, job.states, clock.watch)


Makers = dict[str, Callable[[], nn.Module]]
"""What makes each model whose losses stand beside the full one's, in their order."""


def _of_choice(job: Job, cutting: Calibrated, choice: Choice, smaller: nn.Module, chosen: nn.Module) -> Makers:
    """The choice, and what it was before it was refitted and before it learned."""
    others: Makers = {}
    if job.settings.refit:
        others[UNFITTED] = partial(lazily_cut, cutting.model, cutting.layout, choice)
    if chosen is not smaller:
        others[UNRECOVERED] = partial(_given, smaller)
    return {**others, CHOSEN: partial(_given, chosen)}


def _controls(shown: Calibrated, decision: Decision, learn: Alike | None) -> Makers:
    others: Makers = {
        name: partial(lazily_cut, shown.model, shown.layout, control) for name, control in decision.controls.items()
    }
    if learn is not None:
        others |= {
            f"{name}, {RECOVERED}": partial(_learned, learn, name, partial(cut, shown.model, shown.layout, control))
            for name, control in decision.controls.items()
        }
    return others


def _inelastic(job: Job, shown: Calibrated, choice: Choice, seconds: float, clock: Clock) -> Makers:
    """The choice of the checkpoint as it is, which learns as long as the elastic one did in all."""
    learn = Alike(shown.model, shown.learning, job.settings.at_equal_cost(seconds), job.states, clock.watch)
    return {INELASTIC: partial(_learned, learn, INELASTIC, partial(_fitted, job, shown, choice, clock))}


def _given(model: nn.Module) -> nn.Module:
    return model


def _learned(learn: Alike, name: str, make: Callable[[], nn.Module]) -> nn.Module:
    return learn(name, make()).model


def _write(job: Job, shown: Calibrated, choice: Choice, smaller: nn.Module, proof: Proof) -> Saved:
    full = {one.text: one.loss for one in proof.losses if one.model == FULL}
    figures = [
        Figure(one.model, one.text, one.tokens, one.context, one.loss, full[one.text])
        for one in sorted(proof.losses, key=lambda one: one.model != CHOSEN)
        if one.model != FULL
    ]
    story = Story(job.checkpoint.resolve().name, command=job.command, figures=tuple(figures))
    return write_checkpoint(smaller, shown.layout, choice, job.checkpoint, job.output, form=job.form, story=story)


def _sample(shown: Calibrated, smaller: nn.Module) -> Sample | None:
    if shown.layout.objective == "masked":
        return None
    return sample(shown.model, smaller, shown.tokenizer, shown.questions[0].windows.inputs[0])


def _speed(shown: Calibrated, model: nn.Module) -> Speed:
    return measure_speed(model, shown.fitting[0], writes=shown.layout.objective == "causal")
