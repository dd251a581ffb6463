"""Cut a trained checkpoint down to a sub-network that still speaks, chosen exactly, and write it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from lpzero.api.setup import resolve_device
from lpzero.compression.settings import CompressSettings
from lpzero.files import write_json
from lpzero.progress import Watch, unwatched

if TYPE_CHECKING:
    from lpzero.compression.result import CompressResult


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
    do under the same limits. With `elastic` an adapter learns before that to answer as the checkpoint while units of it
    are gone, and what stays is chosen then. What was learned is kept in a folder beside the one that is written, from
    which the same call goes on where it was stopped. The checkpoint itself is only read.

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
    from lpzero.compression.choices.given import check_nats, importance_given
    from lpzero.compression.choosing.decide import decide
    from lpzero.compression.clock import Clock
    from lpzero.compression.elastic import check_elastic, make_elastic
    from lpzero.compression.job import Job, check_job, kept_of, read, resumable
    from lpzero.compression.making import make
    from lpzero.compression.report import Compression, report
    from lpzero.compression.result import COMPRESSED

    # what is no importance is refused before anything is read
    importance_given(settings.importance)
    if measure is not None:
        check_nats(settings.importance)
    several = [check] if isinstance(check, (str, Path)) else check
    job = Job(
        Path(checkpoint),
        Path(output),
        Path(calibration),
        tuple(map(Path, several)),
        settings if settings.form != "plain" else replace(settings, plain=True),
        command,
    )
    check_job(job)
    check_elastic(job, limits or {}, measured=measure is not None)
    clock = Clock(watch)
    with clock.step("reading"):
        shown = read(job, resolve_device(settings.device))
    with clock.step("choosing"):
        kept = None if measure is None else kept_of(Path(measure), job, shown)
        decision = decide(shown, job.settings, limits or {}, keep, kept=kept, watch=watch)
    with resumable(job):
        elastic = make_elastic(job, shown, limits or {}, keep, clock)
        made = make(job, shown, decision, clock, elastic)
    result = report(Compression(str(checkpoint), shown, decision, job.settings, made, clock.seconds, elastic))
    write_json(made.saved.folder / COMPRESSED, result.to_json())
    return result
