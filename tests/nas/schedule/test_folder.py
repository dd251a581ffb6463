"""The lines of a search by a schedule: each comes back as it was, and one that is damaged is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lpzero.errors import InputError
from lpzero.nas.ledger import Scored
from lpzero.nas.schedule.folder import ScheduleRunFolder
from lpzero.nas.schedule.predictor import Answer
from lpzero.tables import load_table

ONE, OTHER = (record.architecture for record in load_table("gpt2-own").records[:2])
KEPT = [
    (0, Answer(Scored(ONE, (0.1 + 0.2,)), 0.25)),
    (1, Answer(Scored(ONE, (2.0,), "extrapolated"), 0.0)),
    (1, Answer(Scored(OTHER, (None,), "diverged"), 1.5, "loss nan in step 3")),
]


def test_answers_come_back_and_half_a_line_is_dropped(tmp_path: Path) -> None:
    run = ScheduleRunFolder(tmp_path)
    assert run.kept_answers(2) == []
    for index, answer in KEPT:
        run.keep_answers(index, [answer])
    with (tmp_path / "scored.jsonl").open("a") as file:
        file.write('{"predictor": 1, "arch')
    assert run.kept_answers(2) == KEPT


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("predictor", 2),
        ("predictor", -1),
        ("predictor", True),
        ("score", None),
        ("score", "1"),
        ("score", True),
        ("score", float("inf")),
        ("status", "strange"),
        ("status", "failed"),
        ("status", ["ok"]),
        ("seconds", -1.0),
        ("seconds", None),
        ("reason", None),
        ("architecture", {"space": "gpt2"}),
    ],
)
def test_a_damaged_line_is_named(key: str, value: object, tmp_path: Path) -> None:
    run = ScheduleRunFolder(tmp_path)
    run.keep_answers(KEPT[0][0], [KEPT[0][1]])
    run.keep_answers(KEPT[0][0], [KEPT[0][1]])
    lines = (tmp_path / "scored.jsonl").read_text().splitlines()
    lines[1] = json.dumps({**json.loads(lines[1]), key: value})
    (tmp_path / "scored.jsonl").write_text("\n".join(lines) + "\n")
    with pytest.raises(InputError, match=r"scored\.jsonl, line 2: expected what a predictor said: begin a new search$"):
        run.kept_answers(2)
