"""What stays of a trained checkpoint at each of many limits: what a compression would choose, without making it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lpzero.api.setup import resolve_device
from lpzero.compression.settings import CompressSettings
from lpzero.progress import Watch, unwatched

if TYPE_CHECKING:
    from lpzero.compression.choosing.fronts import CompressFront


def compress_front(
    checkpoint: str | Path,
    *,
    calibration: str | Path,
    number: int,
    settings: CompressSettings = CompressSettings(),  # noqa: B008  (a frozen value)
    watch: Watch = unwatched,
) -> CompressFront:
    """Choose within many limits on the parameters at once, and write nothing: ``lpzero compress --front``.

    One backward pass says what everything costs; the limits go evenly from the smallest model to the whole.

    Args:
        checkpoint: A folder as transformers saves a language model, with safetensors and tokenizer.
        calibration: A file of UTF-8 text.
        number: How many limits, at least 2.
        settings: How; of them the importance, the widths, the windows to look at, the device and the seed matter.
        watch: Told how it goes.

    Raises:
        InputError: The checkpoint cannot be cut, the text is not usable, or a setting is out of its range.
        MissingError: The device is not here.
    """
    from lpzero.compression.choosing.fronts import check_number, check_settings, front_of
    from lpzero.compression.job import look

    check_number(number)
    check_settings(settings)
    shown = look(Path(checkpoint), Path(calibration), (), settings, resolve_device(settings.device))
    return front_of(str(checkpoint), shown, settings, number, watch)
