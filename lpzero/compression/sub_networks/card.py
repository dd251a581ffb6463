"""The card of a table of sub-networks: where it comes from, its noise, its columns, and how well each ranks it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lpzero.compression.sub_networks.build import Built
from lpzero.errors import InputError, NoResultError
from lpzero.fitness import judge, tau_a_interval
from lpzero.fitness.noise import measure_noise, tau_ceiling
from lpzero.tables.card_columns import ColumnDocument
from lpzero.tables.folder import MeasuredRecord

UNIT = "nats a token"


def records_of(built: Built) -> tuple[MeasuredRecord, ...]:
    """The records of the table: the loss after the first recovery of each sub-network."""
    firsts = built.recoveries[: len(built.drawn)]
    return tuple(MeasuredRecord(id=one.id, architecture=one.architecture, quality=one.after) for one in firsts)


def columns_of(built: Built) -> tuple[ColumnDocument, ...]:
    """What is known of each sub-network without a recovery: the controls of whatever would predict it."""
    firsts = built.recoveries[: len(built.drawn)]
    choices = [built.space.choice(one.architecture) for one in built.drawn]
    counts = built.space.counts
    found = [
        ("before", "loss before the recovery", UNIT, True, [one.before for one in firsts]),
        ("expected", "sum of what its single replacements are expected to cost (Taylor)", UNIT, False,
         [one.expected for one in built.drawn]),
        ("layers", "layers that stay", "layers", False, [float(len(choice.kept)) for choice in choices]),
        ("parameters", "parameters", "parameters", False, [float(counts["params"].of(choice)) for choice in choices]),
        ("operations", "operations of a token", "operations", False,
         [float(counts["flops"].of(choice)) for choice in choices]),
    ]  # fmt: skip
    if built.measured is not None:
        meaning = "sum of the measured divergences of its single replacements"
        found.insert(2, ("measured", meaning, UNIT, False, list(built.measured)))
    # more of what stays is what one would prefer of equal sizes; less of a loss, or of a divergence
    return tuple(
        ColumnDocument(
            name=name,
            meaning=meaning,
            unit=unit,
            higher_is_better=unit != UNIT,
            cost="cheap",
            of_quality=of_quality,
            values=tuple(values),
            control=True,
        )
        for name, meaning, unit, of_quality, values in found
    )


def card_of(built: Built, name: str, notes: Sequence[str]) -> dict[str, Any]:
    """The card of the table.

    Args:
        built: What was measured.
        name: Name of the table.
        notes: What a user should know.

    Raises:
        NoResultError: All sub-networks have one loss.
    """
    choices = [built.space.choice(one.architecture) for one in built.drawn]
    after = np.array([record.quality for record in records_of(built)])
    if len(np.unique(after)) < 2:
        raise NoResultError("expected sub-networks with different losses, found one loss: draw more of them")
    columns = columns_of(built)
    noise, settings = noise_of(built), built.recipe.settings
    return {
        "name": name,
        "space": built.space.name,
        "protocols": (built.space.protocol,),
        "quality": f"loss after {settings.steps} steps of recovery",
        "unit": UNIT,
        "higher_is_better": False,
        "source": "lpzero tables build --sub-networks",
        "licence": "unstated",
        "notes": (_noted(built, noise), *notes),
        "recipe": None,
        "environment": None,
        "figures": {},
        "columns": [column.model_dump(mode="json") for column in columns],
        "recovery": {
            **built.recipe.to_json(),
            "checkpoint_loss": built.checkpoint_loss,
            "sizes": _ends([built.space.counts["params"].of(choice) for choice in choices]),
            "before": _ends([one.before for one in built.recoveries[: len(built.drawn)]]),
            "after": _ends(after.tolist()),
            "repeated": [[one.id, one.after] for one in built.recoveries[len(built.drawn) :]],
            "noise": noise,
            "controls": {column.name: ranking_of(column, after) for column in columns},
        },
    }


def _noted(built: Built, noise: dict[str, Any] | None) -> str:
    """What the table is, in a sentence, for whatever shows the notes of a table."""
    settings = built.recipe.settings
    known = (
        "its noise is not known, since none was repeated"
        if noise is None
        else f"between seeds the loss has a standard deviation of {noise['sd']:.3g}, and the ceiling of tau-a is "
        f"{noise['ceiling']:.3f}"
    )
    return (
        f"Sub-networks of one checkpoint, of at most {settings.max_params:,.0f} parameters and no more than "
        f"{100 * settings.tolerance:g} % below; the full model has {built.checkpoint_loss:.3f}; {known}."
    )


def noise_of(built: Built) -> dict[str, Any] | None:
    """The noise between recoveries of one sub-network, and the tau-a that a perfect proxy is expected to reach.

    None where none was repeated. Of a spread no larger than the noise the ceiling is 0: nothing can rank the table.
    """
    every = [(one.after, one.id) for one in built.recoveries]
    found = measure_noise(np.array([loss for loss, _ in every]), np.array([name for _, name in every]))
    if found is None:
        return None
    after = np.array([record.quality for record in records_of(built)])

    def ceiling(deviation: float) -> float:
        try:
            return round(tau_ceiling(after, deviation, np.random.default_rng(0), found.residuals), 6)
        except InputError:
            return 0.0

    low, high = found.interval
    return {
        "repeated": found.repeated,
        "sd": round(found.deviation, 6),
        "sd_interval": [round(low, 6), round(high, 6)],
        "ceiling": ceiling(found.deviation),
        "ceiling_interval": [ceiling(high), ceiling(low)],
    }


def ranking_of(column: ColumnDocument, after: np.ndarray) -> dict[str, Any]:
    """How well a column ranks the sub-networks: tau-a with its 95 % interval, None where it is constant."""
    sign = 1.0 if column.higher_is_better else -1.0
    scores, quality = sign * np.array(column.values), -after
    outcome = judge(scores, quality)
    if outcome.correlation is None:
        return {"tau_a": None, "interval": None}
    ends = tau_a_interval(scores, quality, np.arange(len(quality)), np.random.default_rng(0))
    return {"tau_a": round(outcome.correlation.tau_a, 6), "interval": [round(float(end), 6) for end in ends]}


def _ends(values: Sequence[float]) -> list[float]:
    return [min(values), max(values)]
