"""Cut a trained checkpoint down to a sub-network that still speaks, chosen exactly, and write it."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from lpzero.api.setup import resolve_device
from lpzero.compression.settings import CompressSettings
from lpzero.errors import LpzeroError
from lpzero.files import held, write_json
from lpzero.progress import Progress, Watch, unwatched

if TYPE_CHECKING:
    from torch import nn

    from lpzero.compression.calibration import Calibrated
    from lpzero.compression.choosing.decide import Decision
    from lpzero.compression.choosing.measured import Kept
    from lpzero.compression.files.folder import Form
    from lpzero.compression.files.saved import Saved
    from lpzero.compression.proof import Proof
    from lpzero.compression.recovery.alike import Alike
    from lpzero.compression.result import CompressResult, Sample
    from lpzero.compression.speed import Speed


_LOG = logging.getLogger(__name__)


@dataclass
class _Clock:
    """Tells how far a job is, and remembers how long each step took."""

    watch: Watch
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str, facts: str = "") -> Iterator[None]:
        self.watch(Progress(name, 0.0, facts))
        begun = time.perf_counter()
        yield
        self.seconds[name] = round(self.seconds.get(name, 0.0) + time.perf_counter() - begun, 3)
        self.watch(Progress(name, 1.0, facts))


def compress(
    checkpoint: str | Path,
    *,
    output: str | Path,
    calibration: str | Path,
    limits: Mapping[str, float] | None = None,
    keep: float | None = None,
    check: str | Path | Sequence[str | Path] = (),
    measure: str | Path | None = None,
    settings: CompressSettings = CompressSettings(),  # noqa: B008  (a frozen value)
    command: str = "",
    watch: Watch = unwatched,
) -> CompressResult:
    """Cut a checkpoint down to a sub-network, and write it: ``lpzero compress``.

    What may go are key-value groups with their query heads, feed-forward neurons, attention and feed-forward blocks and
    whole layers. What each costs is estimated by one backward pass, what stays is chosen exactly by an integer program,
    and refitted layer after layer by least squares. With `recover` it then learns from the checkpoint, as the controls
    do under the same limits; what was learned is kept in a folder beside the one that is written, from which the same
    call goes on where it was stopped. The checkpoint itself is only read.

    Args:
        checkpoint: A folder as transformers saves a language model, with safetensors and tokenizer.
        output: The folder to write: empty, or not there yet.
        calibration: A file of UTF-8 text. Its last tenth is not looked at, and losses are measured on it.
        limits: The highest counts: ``"params"``, ``"flops"`` and ``"kv_bytes"`` a token, ``"latency"``, seconds of a
            forward pass over one window.
        keep: Share of the parameters to keep at most, between 0 and 1, instead of a limit on them.
        check: Further files of text to measure losses on.
        measure: A file that keeps measured divergences, lines that are appended: what is chosen is measured, and chosen
            again, until all of it was; other limits, and a run that was stopped, go on with what stands there. None to
            choose by estimates.
        settings: How.
        command: The command that this is, for the model's card.
        watch: Told how it goes.

    Raises:
        InputError: The checkpoint cannot be cut, a text is not usable, nothing is within the limits, the folder is not
            free, or a setting is out of its range.
        MissingError: The device is not here.
        LpzeroError: The folder cannot be written; nothing is left there.
    """
    from lpzero.compression.choices.given import importance_given
    from lpzero.compression.choosing.decide import decide
    from lpzero.compression.cut import cut
    from lpzero.compression.files.folder import check_form
    from lpzero.compression.proof import CHOSEN, FULL, RECOVERED, UNFITTED, UNRECOVERED, mean_divergence, prove
    from lpzero.compression.recovery.alike import Alike, check_kept, folder_beside
    from lpzero.compression.refit import refitted
    from lpzero.compression.report import Compression, report
    from lpzero.compression.result import COMPRESSED

    # what is no importance is refused before anything is read
    importance_given(settings.importance)
    folder, how = folder_beside(Path(output)), settings.recovery
    if how is not None:
        check_kept(folder)
    clock = _Clock(watch)
    with clock.step("reading"):
        shown = _shown(Path(checkpoint), Path(output), Path(calibration), check, settings)
        check_form(shown.model, shown.layout, Path(checkpoint), cast("Form", settings.form))
    if settings.form == "plain":
        settings = replace(settings, plain=True)
    with clock.step("choosing"):
        kept = None if measure is None else _kept(Path(measure), Path(checkpoint), shown)
        decision = decide(shown, settings, limits or {}, keep, kept=kept, watch=watch)
    model, layout, choice = shown.model, shown.layout, decision.chosen.choice
    smaller = cut(model, layout, choice)
    models: dict[str, Callable[[], nn.Module]] = {}
    with clock.step("measuring the divergence"):
        divergence = mean_divergence(model, smaller, shown.measuring)
    if settings.refit:
        with clock.step("refitting"):
            smaller = refitted(model, layout, choice, shown.fitting, watch=watch)
        models[UNFITTED] = partial(cut, model, layout, choice)
    controls: dict[str, Callable[[], nn.Module]] = {
        name: partial(cut, model, layout, control) for name, control in decision.controls.items()
    }
    recovered = None
    with nullcontext() if how is None else _resumable(folder):
        if how is not None:
            learn = Alike(model, shown.learning, how, folder, watch)
            with clock.step("recovering"):
                recovered = learn(CHOSEN, smaller)
            models[UNRECOVERED] = partial(_given, smaller)
            smaller = recovered.model
            controls |= {
                f"{name}, {RECOVERED}": partial(_learned, learn, name, make) for name, make in controls.items()
            }
        models |= {CHOSEN: partial(_given, smaller), **controls}
        with clock.step("proving"):
            proof = prove(model, models, shown.questions, watch)
        with clock.step("writing"):
            saved = _write(shown, decision, smaller, proof, Path(checkpoint), Path(output), settings, command)
    with clock.step("writing a sample"):
        written = _sample(shown, smaller)
    with clock.step("measuring speed"):
        speeds = {FULL: _speed(shown, model), CHOSEN: _speed(shown, smaller)}
    result = report(
        Compression(
            checkpoint=str(checkpoint),
            shown=shown,
            decision=decision,
            settings=settings,
            divergence=divergence,
            proof=proof,
            recovered=recovered,
            saved=saved,
            sample=written,
            speeds=speeds,
            seconds=clock.seconds,
        )
    )
    write_json(saved.folder / COMPRESSED, result.to_json())
    return result


@contextmanager
def _resumable(folder: Path) -> Iterator[None]:
    """Keep states in a folder inside the block, and remove it when that ends; where it is stopped, say how to go on."""
    try:
        with held(folder):
            yield
    except LpzeroError:
        raise
    except BaseException:
        _LOG.info("what was learned is kept in %s: the same command goes on from there", folder)
        raise
    shutil.rmtree(folder, ignore_errors=True)


def _given(model: nn.Module) -> nn.Module:
    return model


def _learned(learn: Alike, name: str, make: Callable[[], nn.Module]) -> nn.Module:
    return learn(name, make()).model


def _shown(
    checkpoint: Path,
    output: Path,
    calibration: Path,
    check: str | Path | Sequence[str | Path],
    settings: CompressSettings,
) -> Calibrated:
    """Read checkpoint and texts; what is quickly refused comes first."""
    from lpzero.compression.calibration import calibrate, read_texts
    from lpzero.compression.checkpoint import load_checkpoint
    from lpzero.compression.texts import read_tokenizer
    from lpzero.pretrained.whole import check_free

    several = [check] if isinstance(check, (str, Path)) else check
    texts = read_texts(calibration, [Path(one) for one in several])
    check_free(output)
    model = load_checkpoint(checkpoint, resolve_device(settings.device))
    return calibrate(
        model,
        read_tokenizer(checkpoint),
        texts,
        looking=settings.looking,
        fitting=settings.fitting,
        proving=settings.windows,
        context=settings.context,
        seed=settings.seed,
    )


def _kept(path: Path, checkpoint: Path, shown: Calibrated) -> Kept:
    from lpzero.compression.choosing.measured import Kept, digest_of

    windows = shown.measuring.inputs
    origin = {"checkpoint": digest_of(checkpoint), "text": shown.sha256, "windows": list(windows.shape)}
    return Kept(path, origin)


def _write(
    shown: Calibrated,
    decision: Decision,
    smaller: nn.Module,
    proof: Proof,
    source: Path,
    output: Path,
    settings: CompressSettings,
    command: str,
) -> Saved:
    """Write the folder; raises LpzeroError where it holds more than was allowed."""
    from lpzero.compression.files.card import Figure, Story
    from lpzero.compression.files.folder import write_checkpoint
    from lpzero.compression.proof import CHOSEN, FULL

    full = {one.text: one.loss for one in proof.losses if one.model == FULL}
    figures = [
        Figure(one.model, one.text, one.tokens, one.context, one.loss, full[one.text])
        for one in sorted(proof.losses, key=lambda one: one.model != CHOSEN)
        if one.model != FULL
    ]
    story = Story(source.resolve().name, command=command, figures=tuple(figures))
    form = cast("Form", settings.form)
    choice = decision.chosen.choice
    return write_checkpoint(smaller, shown.layout, choice, source, output, form=form, story=story)


def _speed(shown: Calibrated, model: nn.Module) -> Speed:
    from lpzero.compression.speed import measure_speed

    return measure_speed(model, shown.fitting[0], writes=shown.layout.objective == "causal")


def _sample(shown: Calibrated, smaller: nn.Module) -> Sample | None:
    from lpzero.compression.proof import sample

    if shown.layout.objective == "masked":
        return None
    return sample(shown.model, smaller, shown.tokenizer, shown.questions[0].windows.inputs[0])
