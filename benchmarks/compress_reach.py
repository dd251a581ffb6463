"""How far the default choice of 106.2 million parameters comes: cut, refitted, and after a short recovery.

Everything is as ``lpzero compress CHECKPOINT --max-params 106.2M --recover STEPS`` does it. What was refitted lies in
``--runs``, and so do the states and the answers of the checkpoint, from which a run that was stopped goes on.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from record import record
from safetensors.torch import load_file, save_file
from torch import nn

from lpzero.compression.calibration import Calibrated, calibrate, read_texts
from lpzero.compression.choosing.decide import decide
from lpzero.compression.cutting.checkpoint import load_checkpoint
from lpzero.compression.cutting.choice import Choice, LayerChoice
from lpzero.compression.cutting.cut import cut
from lpzero.compression.cutting.refit import refitted
from lpzero.compression.losses import window_losses
from lpzero.compression.recovery.recover import recover
from lpzero.compression.recovery.settings import RecoverySettings
from lpzero.compression.settings import CompressSettings
from lpzero.compression.texts import read_tokenizer
from lpzero.files import write_json
from lpzero.progress import Progress

CHOICE, REFITTED = "choice.json", "refitted.safetensors"


def tell(progress: Progress) -> None:
    """Say how far a step is."""
    print(f"{progress.step} {100 * progress.share:3.0f} %  {progress.facts}", flush=True)


def shown_of(checkpoint: Path, calibration: Path, check: Path) -> Calibrated:
    """A checkpoint and its windows, as ``lpzero compress`` lays them out by default."""
    used = CompressSettings()
    return calibrate(
        load_checkpoint(checkpoint),
        read_tokenizer(checkpoint),
        read_texts(calibration, [check]),
        looking=used.looking,
        fitting=used.fitting,
        proving=used.windows,
        context=used.context,
        seed=used.seed,
    )


def chosen(shown: Calibrated, limit: float, runs: Path) -> Choice:
    """The default choice within a limit, kept in a file."""
    path = runs / CHOICE
    if not path.exists():
        settings = replace(CompressSettings(), controls=False)
        choice = decide(shown, settings, {"params": limit}, None).chosen.choice
        write_json(path, [[one.groups, one.neurons] for one in choice.layers])
    layers = json.loads(path.read_text())
    return Choice(tuple(LayerChoice(place, *map(tuple, units)) for place, units in enumerate(layers)))


def fitted(shown: Calibrated, choice: Choice, runs: Path) -> nn.Module:
    """What is left, refitted, kept in a file."""
    path = runs / REFITTED
    if not path.exists():
        model = refitted(shown.model, shown.layout, choice, shown.fitting, watch=tell)
        save_file({name: tensor.contiguous() for name, tensor in model.named_parameters()}, path)
    model = cut(shown.model, shown.layout, choice)
    model.load_state_dict(load_file(path), strict=False)
    return model


def losses_of(shown: Calibrated, model: nn.Module) -> list[float]:
    """Loss on the end of the calibration text, which is not looked at, and on the other text."""
    return [float(window_losses(model, one.windows).mean()) for one in shown.questions]


def main(argv: Sequence[str] | None = None) -> None:
    """Choose, refit, recover, record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--text", type=Path, required=True, help="WikiText-2 test, to choose by and to learn from")
    parser.add_argument("--held-out", type=Path, required=True, help="WikiText-2 valid, to judge by")
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--steps", type=int, nargs="*", default=[30, 100])
    parser.add_argument("--limit", type=float, default=106.2e6)
    given = parser.parse_args(argv)
    given.runs.mkdir(parents=True, exist_ok=True)
    shown = shown_of(given.checkpoint, given.text, given.held_out)
    choice = chosen(shown, given.limit, given.runs)
    model = cut(shown.model, shown.layout, choice)
    count = sum(weight.numel() for weight in model.parameters())
    rows: list[list[object]] = [["full", *losses_of(shown, shown.model), 0], ["cut", *losses_of(shown, model), 0]]
    model = fitted(shown, choice, given.runs)
    rows.append(["refitted", *losses_of(shown, model), 0])
    print(rows, flush=True)
    for steps in given.steps:
        settings = RecoverySettings(steps=steps)
        found = recover(
            model,
            shown.model,
            shown.learning,
            settings,
            folder=given.runs / f"recovered-{steps}",
            answers=given.runs / "answers",
            watch=tell,
        )
        rows.append([f"recovered, {steps} steps", *losses_of(shown, found.model), round(found.curve[-1].seconds)])
        print(rows[-1], flush=True)
    record(
        "compress-reach",
        "python benchmarks/compress_reach.py --checkpoint DIR --text wikitext2-test.txt "
        f"--held-out wikitext2-valid.txt --runs DIR --steps {' '.join(map(str, given.steps))}",
        ("model", "loss, end of the text", "loss, other text", "seconds"),
        rows,
        parameters=count,
        loss=f"nats a token on {CompressSettings().windows} windows of {CompressSettings().context} tokens of each",
        learned=f"AdamW {settings.rate}, {settings.windows} windows a step, threads as they were given",
    )


if __name__ == "__main__":
    main()
