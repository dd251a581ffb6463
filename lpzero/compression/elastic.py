"""A checkpoint that learns to be cut before it is chosen what is cut of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from torch import nn

from lpzero.compression.calibration import Calibrated
from lpzero.compression.choosing.asked import ask
from lpzero.compression.choosing.decide import Decision, decide
from lpzero.compression.clock import Clock
from lpzero.compression.job import Job
from lpzero.compression.recovery.elastic import DRAWN, learn_elastic
from lpzero.compression.recovery.recover import ANSWERS, Recovered
from lpzero.errors import InputError

STATES = "elastic"
"""Folder of the adapter's state, inside that of the recovery."""


@dataclass(frozen=True)
class Elastic:
    """What a checkpoint learned, and what stays of it then.

    Attributes:
        learned: The checkpoint with the adapter merged, and how it learned.
        decision: What stays of that, without controls.
    """

    learned: Recovered
    decision: Decision

    @property
    def model(self) -> nn.Module:
        """What is cut."""
        return self.learned.model

    @property
    def seconds(self) -> float:
        """Seconds of learning."""
        return self.learned.curve[-1].seconds if self.learned.curve else 0.0


def make_elastic(
    job: Job,
    shown: Calibrated,
    limits: Mapping[str, float],
    keep: float | None,
    clock: Clock,
) -> Elastic | None:
    """Teach a checkpoint to be cut within limits, and choose again; None where that is not asked for.

    Args:
        job: What is asked for.
        shown: The checkpoint and its windows.
        limits: The highest counts; none is a latency.
        keep: Share of the parameters instead.
        clock: Told of all steps.

    Raises:
        InputError: Nothing is within the limits, or the text is too short.
        MissingError: peft is not installed.
        LpzeroError: A loss is not finite, or the state cannot be written.
    """
    how = job.settings.elastic_learning
    if how is None or how.steps is None:
        return None
    with clock.step("choosing"):
        choices = ask(shown, job.settings, limits, keep).drawn(min(how.steps, DRAWN), job.settings.seed)
    with clock.step("learning to be cut"):
        learned = learn_elastic(
            shown.model,
            shown.layout,
            choices,
            shown.learning,
            how,
            folder=job.states / STATES,
            answers=job.states / ANSWERS,
            watch=clock.watch,
        )
    with clock.step("choosing"):
        settings = replace(job.settings, controls=False)
        return Elastic(learned, decide(replace(shown, model=learned.model), settings, limits, keep, watch=clock.watch))


def check_elastic(job: Job, limits: Mapping[str, float], *, measured: bool) -> None:
    """Raise InputError where something beside ``elastic`` is of the checkpoint as it is."""
    if job.settings.elastic is None:
        return
    if measured:
        raise InputError("`measure` is of the checkpoint as it is: expected no `elastic` beside it")
    if "latency" in limits:
        raise InputError("`elastic` chooses twice, and times differ: expected no `limits.latency` beside it")
