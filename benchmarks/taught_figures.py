"""The figures of predictors that ask a language model, and of students."""

from __future__ import annotations

from collections.abc import Sequence

from record import RESULTS
from records import grid, recorded, short

ASKED = "llm-predictor"
SHOWN = (
    "tau-a with the teacher",
    "gold: error of the teacher",
    "of the student (error)",
    "tau-a of the teacher",
    "of the student (tau-a)",
)
TAUGHT = ("distilled-hat-mt-wmt14ende", "distilled-hat-mt-wmt14enfr", "distilled-hat-mt-wmt19ende")


def taught_section() -> list[str]:
    """Both tables; the one that has no record is not there."""
    asked = (RESULTS / f"{ASKED}.json").exists()
    taught = [name for name in TAUGHT if (RESULTS / f"{name}.json").exists()]
    return [*(_asked() if asked else []), *(_taught(taught) if taught else [])]


def _asked() -> list[str]:
    record = recorded(ASKED)
    rows = [
        [
            *(row["table"], row["predictor"], _shown(row["mean error"]), _shown(row["tau-a"]), _shown(row["rho"])),
            *(f"{row['without a value']} of {row['asked about']}", record.command),
        ]
        for row in record.rows()
    ]
    return [
        "## A language model as a predictor",
        "",
        f"Ten labels; the model is {record.document['model']}. Mean error in the unit of the table.",
        "",
        *grid(["table", "predictor", "mean error", "tau-a", "rho", "without a value", "command"], rows),
    ]


def _taught(names: Sequence[str]) -> list[str]:
    document = recorded(names[0]).document
    rows = [
        [
            *(row["task"].removeprefix("hat-mt-"), row["split"], row["student"]),
            *(_shown(row[name]) for name in SHOWN),
            *(row["deep decoders outside"], _shown(row["seconds of CPU"]), command),
        ]
        for command, row in ((recorded(name).command, row) for name in names for row in recorded(name).rows())
    ]
    header = [
        "task",
        "split",
        "student",
        "tau-a with the teacher",
        "gold: error of the teacher",
        "error of the student",
    ]
    header += ["gold: tau-a of the teacher", "tau-a of the student", "decoders of 4 to 6 layers outside"]
    header += ["seconds of CPU", "command"]
    return [
        "## Students",
        "",
        f"The teacher is {document['teacher']}; it is asked about 3,000 architectures of `hat-mt`.",
        f"Agreement on {document['held_out']}. Gold are {document['gold']}; BLEU.",
        "Of all splits there are means, and standard deviations in brackets.",
        "",
        *grid(header, rows),
    ]


def _shown(value: float | str) -> str:
    return value if isinstance(value, str) else short(value)
