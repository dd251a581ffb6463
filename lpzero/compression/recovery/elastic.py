"""One adapter for many sub-networks: a checkpoint learns to be cut before it is known what is cut.

At each step the checkpoint answers as one of several sub-networks, and an adapter on all its linear maps learns that
the answer is the whole checkpoint's. Source: LoNAS (Munoz et al. 2024, https://aclanthology.org/2024.lrec-main.940),
which trains one adapter over random sub-networks of a super-network and searches afterwards. Ours differs in two
things: it learns by distillation, as a recovery does, and sub-networks are those that would be chosen within the same
limits if prices were somewhat different, in the place of any.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import astuple
from pathlib import Path

from torch import nn

from lpzero.compression.cutting.choice import Choice
from lpzero.compression.cutting.layout import Layout
from lpzero.compression.recovery.masked import masked
from lpzero.compression.recovery.recover import Recovered, Within, recover
from lpzero.compression.recovery.settings import RecoverySettings
from lpzero.compression.texts import Windows
from lpzero.progress import Watch, unwatched

DRAWN = 32
"""Most sub-networks that are drawn; more steps go through them again."""


def learn_elastic(
    checkpoint: nn.Module,
    layout: Layout,
    choices: Sequence[Choice],
    windows: Windows,
    settings: RecoverySettings,
    *,
    folder: Path | None = None,
    answers: Path | None = None,
    watch: Watch = unwatched,
) -> Recovered:
    """Teach a checkpoint to answer as it does while units of it are gone.

    Args:
        checkpoint: The model, in evaluation mode. It is only read.
        layout: Its shape.
        choices: What stays at each step, in turn.
        windows: Of a text.
        settings: How; with a rank.
        folder: Where the state is kept, as in :func:`lpzero.compression.recovery.recover.recover`.
        answers: Where the answers of the checkpoint are kept.
        watch: Told of every step.

    Returns:
        A model of the checkpoint's size, the adapter merged.

    Raises:
        InputError: The text has too few windows, or ``folder`` holds something else.
        MissingError: peft is not installed.
        LpzeroError: The loss is no longer finite, or the state cannot be written.
    """

    def at(model: nn.Module, step: int) -> AbstractContextManager[None]:
        return masked(model, layout, choices[(step - 1) % len(choices)])

    drawn = json.dumps([astuple(choice) for choice in choices])
    within = Within(hashlib.sha256(drawn.encode()).hexdigest(), at)
    return recover(
        checkpoint, checkpoint, windows, settings, within=within, folder=folder, answers=answers, watch=watch
    )
