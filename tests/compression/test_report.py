"""What a user is told of a compression beside its figures."""

from __future__ import annotations

from pathlib import Path

import pytest

from lpzero.compression.calibration import calibrate, read_texts
from lpzero.compression.choosing.decide import decide
from lpzero.compression.files.saved import Saved
from lpzero.compression.making import Made
from lpzero.compression.proof import Proof
from lpzero.compression.report import Compression, report
from lpzero.compression.result import Loss
from lpzero.compression.settings import CompressSettings
from tests.compression.tiny import tiny, word_tokenizer, written_text


def loss(model: str, value: float) -> Loss:
    return Loss(
        model=model, text="t", sha256="", windows=3, tokens=21, context=8, loss=value, above=value - 3, interval=[0, 1]
    )


@pytest.fixture
def done(tmp_path: Path) -> Compression:
    path = tmp_path / "text.txt"
    path.write_text(written_text(400))
    texts = read_texts(path, [])
    shown = calibrate(tiny("llama"), word_tokenizer(), texts, looking=4, fitting=4, proving=3, context=8, seed=0)
    decision = decide(shown, CompressSettings(context=8), {}, 0.8)
    return Compression(
        checkpoint="c",
        shown=shown,
        decision=decision,
        settings=CompressSettings(context=8, rise=0.3),
        made=Made(
            divergence=0.5,
            proof=Proof((loss("full", 3.0), loss("chosen", 3.31), loss("wanda", 3.2), loss("random", 3.4))),
            saved=Saved(tmp_path, "own_code", 10**7, 4 * 10**7, 0),
            recovered=None,
            sample=None,
            speeds={},
        ),
        seconds={"choosing": 1.0},
    )


def test_a_rise_a_better_control_and_too_large_files_are_told(done: Compression) -> None:
    told = " | ".join(report(done).notes)
    assert "the loss on t rose by 0.31 nats a token, from 3.00 to 3.31, more than `rise` 0.3" in told
    assert "the control wanda has the lower loss on t: 3.200" in told
    assert "random" not in told
    assert "the files hold 10,000,000 parameters, more than the limit of" in told


def test_what_stays_is_said_layer_by_layer(done: Compression) -> None:
    found = report(done)
    assert [one.layer for one in found.layers] == [0, 1, 2]
    choice = done.decision.chosen.choice
    assert [one.neurons for one in found.layers] == [len(one.neurons) for one in choice.layers]
    assert found.counts["params"].limit == done.decision.limits["params"]
    assert found.counts["flops"].limit is None
