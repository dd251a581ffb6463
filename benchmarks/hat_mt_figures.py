"""The section of the page of figures on machine translation."""

from __future__ import annotations

from typing import Any

from records import grid, recorded, short

NAMES = {"wmt14ende": "WMT'14 En-De", "wmt14enfr": "WMT'14 En-Fr", "wmt19ende": "WMT'19 En-De"}


def _cell(row: dict[str, Any]) -> str:
    """Error and correlation, each with its standard deviation; what does not say BLEU has no error."""
    pairs = [(row["MAE"], row["sd"]), (row["tau-b"], row["its sd"])]
    return " / ".join("-" if mean == "-" else f"{short(mean)} ± {short(sd)}" for mean, sd in pairs)


def translation_section() -> list[str]:
    """Predictors of the BLEU of encoder-decoders."""
    record = recorded("hat-mt")
    by = {task: {row["predictor"]: _cell(row) for row in record.rows(task=task)} for task in NAMES}
    rows = [[what, *(by[task][what] for task in NAMES)] for what in by["wmt14ende"]]
    return [
        "## Machine translation",
        "",
        f"Mean absolute error in BLEU / tau-b, by {record.command}: ten labels and twenty asked, mean and standard",
        "deviation over the three published splits. What has no error says something else than BLEU.",
        "",
        *grid(["predictor", *NAMES.values()], rows),
    ]
