"""How long a smaller model takes for a window, put together from its blocks, each timed by itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from lpzero.compression.choosing.counts import Count
from lpzero.compression.cutting.layout import Layout, blocks_of
from lpzero.compression.cutting.stream import Head, entering, smaller_block, through
from lpzero.engines import single_threaded

WARM_UP, REPEATS = 2, 9


@dataclass(frozen=True)
class LayerLatency:
    """Seconds that a layer takes, by what stays of it.

    Attributes:
        attention: For no group, one, and so on to all.
        widths: Numbers of neurons, increasing from none to all.
        feed_forward: For each of these; widths between them take what a straight line says.
    """

    attention: tuple[float, ...]
    widths: tuple[int, ...]
    feed_forward: tuple[float, ...]

    def of(self, groups: int, neurons: int) -> float:
        """For so many groups and neurons."""
        return self.attention[groups] + float(np.interp(neurons, self.widths, self.feed_forward))


def latency_of(
    model: nn.Module,
    layout: Layout,
    window: Tensor,
    widths: Sequence[int],
    *,
    clock: Callable[[], float] = time.perf_counter,
) -> Count:
    """Time the parts of a checkpoint on one window, on one thread where it is on the CPU.

    All layers of a checkpoint are alike: the first one's parts are timed, in every size that may stay. More units never
    take less: what noise says otherwise is levelled.

    Args:
        model: The checkpoint, in evaluation mode.
        layout: Its shape.
        window: (tokens,) ids.
        widths: Numbers of neurons that may stay, from none to all.
        clock: Seconds.

    Returns:
        A count in seconds.
    """
    device = next(model.parameters()).device
    ids, whole = window[None].to(device), layout.everything.layers[0]
    block = blocks_of(model, layout)[0]

    def timed(run: Callable[[], object]) -> float:
        seconds = []
        for repeat in range(WARM_UP + REPEATS):
            begun = clock()
            run()
            if device.type == "cuda":
                torch.cuda.synchronize(device)
            if repeat >= WARM_UP:
                seconds.append(clock() - begun)
        return float(np.median(seconds))

    with single_threaded(), torch.no_grad():
        entry, head = entering(model, layout, ids), Head(model, layout)

        def of_block(groups: int, neurons: int) -> float:
            stays = replace(whole, groups=whole.groups[:groups], neurons=whole.neurons[:neurons])
            smaller = smaller_block(block, layout, stays)
            return timed(lambda: through(smaller, entry.states, entry))

        attention = [of_block(groups, 0) if groups else 0.0 for groups in range(layout.groups + 1)]
        feed_forward = [of_block(0, width) if width else 0.0 for width in widths]
        outside = timed(lambda: head.logits(ids, entry.states))
    layer = LayerLatency(_level(attention), tuple(widths), _level(feed_forward))
    return Count(outside, layer)


def _level(seconds: Sequence[float]) -> tuple[float, ...]:
    return tuple(np.maximum.accumulate(seconds).tolist())
