"""How long a step of recovery takes, beside one that takes divergence and gradient from the plain formulas.

The plain formulas are those of :mod:`lpzero.compression.losses` and cross entropy, differentiated by autograd. Both
kinds of steps are made in turns in one process, of the full checkpoint, so that their ratio is of the same minutes.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from unittest import mock

import torch
from compress_recovery import text_of
from record import record
from torch import Tensor, nn
from torch.nn import functional

from lpzero.compression.cutting.checkpoint import load_checkpoint
from lpzero.compression.losses import divergence
from lpzero.compression.recovery import recover as module
from lpzero.compression.recovery.distilled import Distilled
from lpzero.compression.recovery.recover import recover
from lpzero.compression.recovery.settings import RecoverySettings
from lpzero.compression.texts import IGNORED, Windows, read_tokenizer

WINDOWS = 8


def plain(logits: Tensor, labels: Tensor, answers: Sequence[Tensor], language_loss: float = 0.0) -> Distilled:
    """What :func:`distilled` says, as formulas are written down."""
    chances = torch.stack([answer.float().log_softmax(-1) for answer in answers])
    far = divergence(chances, logits).mean()
    loss = functional.cross_entropy(logits.float().flatten(0, 1), labels.flatten(), ignore_index=IGNORED)
    total = far + language_loss * loss if language_loss > 0 else far
    return Distilled(total, float(far.detach()), float(loss.detach()))


def steps(checkpoint: nn.Module, windows: Windows, settings: RecoverySettings, answers: Path) -> list[float]:
    """Seconds of each step but the first, for which the optimiser makes room."""
    curve = recover(checkpoint, checkpoint, windows, settings, answers=answers, clock=time.perf_counter).curve
    return [later.seconds - earlier.seconds for earlier, later in itertools.pairwise(curve)]


def main() -> None:
    """Time both in turns, and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--text", type=Path, required=True, help="to learn from")
    parser.add_argument("--runs", type=Path, required=True, help="folder that keeps the checkpoint's answers")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--products", nargs="*", choices=["float32", "bfloat16"], default=["float32"])
    parser.add_argument("--what", default="", help="what the checkpoint is, for the record")
    given = parser.parse_args()
    checkpoint = load_checkpoint(given.checkpoint).float().eval()
    windows = text_of(given.text, read_tokenizer(given.checkpoint), WINDOWS)
    rows = []
    for kind in given.products:
        settings = RecoverySettings(steps=3, mixed=kind == "bfloat16")
        # answers are kept before anything is timed
        steps(checkpoint, windows, RecoverySettings(steps=WINDOWS // settings.windows), given.runs)
        seconds: dict[str, list[float]] = {"read": [], "plain": []}
        for _ in range(given.turns):
            seconds["read"].append(statistics.median(steps(checkpoint, windows, settings, given.runs)))
            with mock.patch.object(module, "distilled", plain):
                seconds["plain"].append(statistics.median(steps(checkpoint, windows, settings, given.runs)))
        ratios = [one / other for one, other in zip(seconds["read"], seconds["plain"], strict=True)]
        middle = [statistics.median(seconds[name]) for name in ("plain", "read")]
        spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
        rows.append([kind, *middle, statistics.median(ratios), spread])
        print(rows[-1], flush=True)
    record(
        "recovery-step",
        "python benchmarks/recovery_step.py --checkpoint DIR --text TEXT --runs DIR",
        ["products in", "plain formulas, s", "as it is, s", "ratio", f"of {given.turns} turns"],
        rows,
        checkpoint=given.what,
        windows_a_step=RecoverySettings(steps=1).windows,
        tokens_a_window=windows.inputs.shape[1],
        threads=torch.get_num_threads(),
    )


if __name__ == "__main__":
    main()
