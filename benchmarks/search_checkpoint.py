"""What ``lpzero search --model`` finds on a real checkpoint: losses of the found model, of the controls, and of all.

The text's end, which nothing was chosen by, is what losses are measured on. Searches lie in ``--runs``; those that are
finished are read again. ``text_loss`` is the loss itself on some lines that lpzero brings, what a proxy has to beat.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from record import record

import lpzero
from lpzero.compression.choosing.decide import decide
from lpzero.compression.cutting.cut import cut
from lpzero.compression.job import look
from lpzero.compression.losses import window_losses
from lpzero.compression.settings import CompressSettings
from lpzero.engines import Workers
from lpzero.nas.result import CheckpointLosses, SearchResult
from lpzero.progress import Progress

CONTROLS = ("found", "random", "largest", "params")


def tell(progress: Progress) -> None:
    """Say how far a search is."""
    print(f"{progress.step} {100 * progress.share:3.0f} %  {progress.facts}", flush=True)


def searched(given: argparse.Namespace, proxy: str, seed: int) -> SearchResult:
    """The search of a proxy and a seed, carried to its end."""
    folder = given.runs / f"{proxy}-{seed}"
    if folder.exists():
        return lpzero.search(resume=folder, workers=Workers(jobs=1), watch=tell)
    return lpzero.search(
        proxy,
        model=given.checkpoint,
        calibration=given.calibration,
        limits={"params": given.max_params},
        samples=given.samples,
        keep=1,
        seed=seed,
        device="cpu",
        output=folder,
        workers=Workers(jobs=1),
        watch=tell,
    )


def by_compress(given: argparse.Namespace) -> float:
    """The loss of what ``lpzero compress`` chooses within the same limit on the same windows, before any refit."""
    used = CompressSettings(controls=False)
    shown = look(given.checkpoint, given.calibration, (), used, "cpu")
    chosen = decide(shown, used, {"params": given.max_params}, None).chosen.choice
    return float(window_losses(cut(shown.model, shown.layout, chosen), shown.questions[0].windows).mean())


def main() -> None:
    """Search and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--calibration", type=Path, required=True)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--max-params", type=float, default=106.2e6)
    parser.add_argument("--samples", type=int, default=16)
    parser.add_argument("--proxies", nargs="*", default=["snip", "text_loss"])
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--what", default="", help="what the checkpoint is, for the record")
    given = parser.parse_args()
    rows, losses = [], None
    for proxy in given.proxies:
        for seed in range(given.seeds):
            losses = searched(given, proxy, seed).losses
            assert isinstance(losses, CheckpointLosses)
            found = [losses.losses.get(name) for name in CONTROLS]
            rows.append([proxy, seed, *("-" if one is None else float(one) for one in found)])
            print(rows[-1], flush=True)
    assert losses is not None
    record(
        "search-checkpoint",
        "python benchmarks/search_checkpoint.py --checkpoint DIR --calibration wikitext2-test.txt --runs DIR",
        ["proxy", "seed", *CONTROLS],
        rows,
        checkpoint=given.what,
        full=losses.checkpoint,
        max_params=given.max_params,
        scored=given.samples,
        by_compress=round(by_compress(given), 4),
        text=f"the end of {losses.text}, {losses.tokens:,} tokens, context {losses.context}, nats a token",
    )


if __name__ == "__main__":
    main()
