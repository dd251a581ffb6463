"""A tiny checkpoint of three families, with its windows."""

from __future__ import annotations

from pathlib import Path

import pytest

from lpzero.compression.calibration import Calibrated, calibrate, read_texts
from tests.compression.tiny import tiny, word_tokenizer, written_text


@pytest.fixture(params=["llama", "gpt2", "bert"])
def shown(request: pytest.FixtureRequest, tmp_path: Path) -> Calibrated:
    path = tmp_path / "text.txt"
    path.write_text(written_text(400))
    model = tiny(request.param)
    return calibrate(model, word_tokenizer(), read_texts(path, []), looking=4, fitting=4, proving=3, context=8, seed=0)
