"""The front of a checkpoint: what stays at each of many limits, and what that costs, by one menu."""

from __future__ import annotations

import time
from dataclasses import fields

from pydantic import Field

from lpzero.compression.calibration import Calibrated
from lpzero.compression.choosing.asked import priced
from lpzero.compression.choosing.counts import Count, counts_of
from lpzero.compression.choosing.menu import Menu, choose, widths_of
from lpzero.compression.result import Kept
from lpzero.compression.settings import CompressSettings
from lpzero.errors import InputError
from lpzero.progress import Progress, Watch, unwatched
from lpzero.result import Result

LEAST = 2
MATTER = ("importance", "widths", "context", "looking", "device", "seed")
"""The settings that decide a front."""


class FrontPoint(Result):
    """The choice within one limit.

    Attributes:
        limit: On the parameters.
        parameters: Of what stays.
        expected: What it is expected to cost: nats a token of divergence from the full model, before any refit, where
            the importance is in them.
        bound: No other choice within the limit is expected to cost less.
        layers: What stays of each layer of the checkpoint.
    """

    limit: int
    parameters: int
    expected: float
    bound: float
    layers: list[Kept]


class CompressFront(Result):
    """The front of a checkpoint.

    Attributes:
        checkpoint: Its folder.
        importance: What says what costs how much.
        calibration_sha256: Of the text that was looked at for it.
        full: Parameters of the checkpoint.
        points: By limit, increasing.
        solved_in: Seconds of all choices together, on one thread.
        seed: Of all draws.
    """

    schema_: int = Field(alias="schema")
    checkpoint: str
    importance: str
    calibration_sha256: str
    full: int
    points: list[FrontPoint]
    solved_in: float
    seed: int


def check_number(number: int) -> None:
    """Raise InputError where a number of limits makes no front."""
    if number < LEAST:
        raise InputError(f"`front`: expected at least {LEAST} limits, found {number}")


def check_settings(settings: CompressSettings) -> None:
    """Raise InputError where a setting is given that says nothing of a front."""
    usual = CompressSettings()
    for one in fields(settings):
        if one.name not in MATTER and getattr(settings, one.name) != getattr(usual, one.name):
            raise InputError(f"`{one.name}` has no effect on a front, which makes nothing: expected none beside it")


def limits_between(menu: Menu, count: Count, number: int) -> tuple[int, ...]:
    """Limits on a count, evenly from the smallest model of a menu to just less than the whole.

    Args:
        menu: What may stay of each layer.
        count: What the checkpoint takes.
        number: How many, at least 2.

    Raises:
        InputError: There are fewer.
    """
    check_number(number)
    layer = count.layer.of
    sizes = [[(len(item.stays.groups), len(item.stays.neurons)) for item in items] for items in menu]
    least = [min(layer(*size) for size in of_layer) for of_layer in sizes]
    # the attention of one layer stays at least
    first = min(
        min(layer(*size) for size in of_layer if size[0]) - low for of_layer, low in zip(sizes, least, strict=True)
    )
    smallest = count.outside + sum(least) + first
    whole = count.outside + sum(max(layer(*size) for size in of_layer) for of_layer in sizes)
    return tuple(int(smallest + (whole - smallest) * step / number) for step in range(number))


def front_of(
    checkpoint: str, shown: Calibrated, settings: CompressSettings, number: int, watch: Watch = unwatched
) -> CompressFront:
    """The choice that costs least within each of many limits on the parameters, by one backward pass.

    Args:
        checkpoint: Its folder, as given.
        shown: The checkpoint and its windows.
        settings: How.
        number: How many limits, at least 2.
        watch: Told of every choice.

    Raises:
        InputError: There are fewer limits, or there is no such importance.
    """
    layout = shown.layout
    counts = counts_of(shown.model, layout, context=settings.context)
    watch(Progress("choosing", 0.0, "one backward pass"))
    menu, _ = priced(shown, settings, widths_of(layout.neurons, settings.widths))
    points, begun = [], time.process_time()
    for done, limit in enumerate(limits_between(menu, counts["params"], number)):
        watch(Progress("choosing", done / number, f"within {limit:,} parameters"))
        found = choose(menu, counts, {"params": limit})
        points.append(
            FrontPoint(
                limit=limit,
                parameters=int(counts["params"].of(found.choice)),
                expected=found.selection.cost,
                bound=found.selection.bound,
                layers=[
                    Kept(layer=one.layer, groups=len(one.groups), neurons=len(one.neurons))
                    for one in found.choice.layers
                ],
            )
        )
    return CompressFront(
        schema=1,
        checkpoint=checkpoint,
        importance=settings.importance,
        calibration_sha256=shown.sha256,
        full=int(counts["params"].of(layout.everything)),
        points=points,
        solved_in=round(time.process_time() - begun, 3),
        seed=settings.seed,
    )
