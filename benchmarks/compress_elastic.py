"""Whether an adapter that learns to be cut, before it is chosen what is cut, helps at equal cost.

The result is that of ``lpzero compress CHECKPOINT --elastic STEPS --recover STEPS``: beside what stays of a checkpoint
that learned stands what stays of it as it is, which learned as many steps in one piece. A run that was stopped goes on.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from record import record

import lpzero
from lpzero.compression.proof import CHOSEN, INELASTIC, UNRECOVERED
from lpzero.compression.settings import CompressSettings
from lpzero.progress import Progress

FULL = "full"


def tell(progress: Progress) -> None:
    """Say how far a step is."""
    print(f"{progress.step} {100 * progress.share:3.0f} %  {progress.facts}", flush=True)


def main() -> None:
    """Compress at each length, and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--text", type=Path, required=True, help="WikiText-2 test, to choose by and to learn from")
    parser.add_argument("--held-out", type=Path, required=True, help="WikiText-2 valid, to judge by")
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=30, help="steps before the choice")
    parser.add_argument("--recover", type=int, nargs="*", default=[30], help="steps after it")
    parser.add_argument("--limit", type=float, default=106.2e6)
    parser.add_argument("--mixed", action="store_true", help="learn with products in bfloat16")
    given = parser.parse_args()
    rows: list[list[object]] = []
    for steps in given.recover:
        settings = CompressSettings(elastic=given.steps, recover=str(steps), mixed=given.mixed, controls=False)
        result = lpzero.compress(
            given.checkpoint,
            output=given.runs / f"elastic-{given.steps}-{steps}",
            calibration=given.text,
            limits={"params": given.limit},
            check=given.held_out,
            settings=settings,
            watch=tell,
        )
        names = {
            FULL: "the full model",
            UNRECOVERED: f"{given.steps} steps of many sub-networks, then chosen",
            CHOSEN: f"{given.steps} steps of many sub-networks, then chosen, then {steps} steps",
            INELASTIC: f"chosen, then {given.steps + steps} steps",
        }
        for name, shown in names.items():
            losses = [result.loss(name, path.name) for path in (given.text, given.held_out)]
            rows.append([shown, *(cell for one in losses for cell in (one.loss, f"{one.interval}"))])
        print(*rows[-len(names) :], sep="\n", flush=True)
    record(
        "compress-elastic",
        "python benchmarks/compress_elastic.py --checkpoint DIR --text wikitext2-test.txt "
        f"--held-out wikitext2-valid.txt --runs DIR --steps {given.steps} --recover {' '.join(map(str, given.recover))}"
        f"{' --mixed' * given.mixed}",
        ("what learned", "loss, end of the text", "above the full one's, 95 %", "loss, other text", "above, 95 %"),
        rows,
        limit=given.limit,
        loss=f"nats a token on {settings.windows} windows of {settings.context} tokens of each; all refitted",
        learned="AdamW 2e-4, 2 windows a step; the adapter of rank 16 is merged before the choice"
        + ", products in bfloat16" * given.mixed,
    )


if __name__ == "__main__":
    main()
