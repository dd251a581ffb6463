"""What became of a checkpoint, put together as a result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lpzero.compression.calibration import Calibrated
from lpzero.compression.choosing.decide import Decision
from lpzero.compression.elastic import Elastic
from lpzero.compression.making import Made
from lpzero.compression.proof import CHOSEN, INELASTIC, RECOVERED
from lpzero.compression.recovery.recover import Recovered
from lpzero.compression.result import Choosing, CompressResult, Kept, Learned, Measures, Running
from lpzero.compression.settings import CompressSettings
from lpzero.compression.speed import Speed


@dataclass(frozen=True)
class Compression:
    """All that is known of one compression.

    Attributes:
        checkpoint: Its folder, as given.
        shown: The checkpoint and its windows.
        decision: What stays.
        settings: How it was chosen.
        made: The smaller model, and what was measured of it.
        seconds: By step.
        elastic: What the checkpoint learned before the choice; None where nothing.
    """

    checkpoint: str
    shown: Calibrated
    decision: Decision
    settings: CompressSettings
    made: Made
    seconds: Mapping[str, float]
    elastic: Elastic | None = None


def report(done: Compression) -> CompressResult:
    """The result."""
    layout, settings = done.shown.layout, done.settings
    decision = done.decision if done.elastic is None else done.elastic.decision
    chosen = decision.chosen
    counts = {
        name: Measures(
            full=count.of(layout.everything), chosen=count.of(chosen.choice), limit=decision.limits.get(name)
        )
        for name, count in decision.counts.items()
    }
    return CompressResult(
        schema=1,
        checkpoint=done.checkpoint,
        family=layout.family,
        out=str(done.made.saved.folder),
        form=done.made.saved.form,
        parameters=done.made.saved.parameters,
        bytes=done.made.saved.bytes,
        filling=done.made.saved.filling,
        counts=counts,
        layers=[
            Kept(layer=one.layer, groups=len(one.groups), neurons=len(one.neurons)) for one in chosen.choice.layers
        ],
        choosing=Choosing(
            importance=settings.importance,
            plain=settings.plain,
            expected=_rounded(chosen.selection.cost),
            bound=_rounded(chosen.selection.bound),
            measured=decision.measured,
            divergence=_rounded(done.made.divergence),
            tried=0 if decision.repaired is None else decision.repaired.trials,
            unrepaired=None if decision.repaired is None else _rounded(decision.repaired.before),
        ),
        calibration_sha256=done.shown.sha256,
        refitted_on=done.shown.fitting.numel() if settings.refit else 0,
        elastic=None if done.elastic is None else _learned(done.elastic.learned),
        recovery=None if done.made.recovered is None else _learned(done.made.recovered),
        losses=list(done.made.proof.losses),
        notes=[*done.shown.notes, *_notes(done)],
        sample=done.made.sample,
        running={name: _running(one) for name, one in done.made.speeds.items()},
        seed=settings.seed,
        seconds=dict(done.seconds),
    )


def _learned(recovered: Recovered) -> Learned:
    curve = recovered.curve
    return Learned(
        steps=len(curve),
        seconds=round(curve[-1].seconds, 3) if curve else 0.0,
        divergence=[_rounded(point.divergence) for point in curve],
        loss=[_rounded(point.loss) for point in curve],
    )


def _running(speed: Speed) -> Running:
    written = None if speed.written is None else round(speed.written, 1)
    return Running(read=round(speed.read, 1), written=written, memory=speed.memory)


def _notes(done: Compression) -> list[str]:
    """What a user should know of the figures."""
    of_chosen = {one.text: one for one in done.made.proof.losses if one.model == CHOSEN}
    notes = [
        f"the loss on {one.text} rose by {one.above:.2f} nats a token, from {one.loss - one.above:.2f} to "
        f"{one.loss:.2f}, more than `rise` {done.settings.rise:g}: {_remedy(done)} wins part of it back, and so does a "
        "higher limit"
        for one in of_chosen.values()
        if one.above > done.settings.rise
    ]
    notes += [
        f"the control {one.model} has the lower loss on {one.text}: {one.loss:.3f}"
        for one in done.made.proof.losses
        if one.model.removesuffix(f", {RECOVERED}") in {*done.decision.controls, INELASTIC}
        and one.loss < of_chosen[one.text].loss
    ]
    filling = done.made.saved.filling
    if filling:
        notes.append(
            f"{filling:,} of the {done.made.saved.parameters:,} parameters in the files are there for the readers of "
            f"{done.made.saved.form} alone, which cannot say every size: they change no answer, and no limit is on them"
        )
    limit = done.decision.limits.get("params")
    if limit is not None and done.made.saved.parameters - filling > limit:
        notes.append(f"the files hold {done.made.saved.parameters:,} parameters, more than the limit of {limit:,.0f}")
    return notes


def _remedy(done: Compression) -> str:
    return "learning from the full model (`recover` 100)" if done.made.recovered is None else "a longer `recover`"


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")
