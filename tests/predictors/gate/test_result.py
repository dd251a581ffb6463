"""The result of a gate is read back as it was written."""

from __future__ import annotations

import json

from lpzero.predictors.gate.result import GateGain, GateResult, GateSide
from lpzero.result import read_result


def test_a_document_is_read_as_what_it_was() -> None:
    side = GateSide(value=1.0, low=None, high=None, status="ok", source="measured", reason=None, trainings=2, params=10)
    gain = GateGain(
        gain=0.1,
        interval=[-0.1, 0.3],
        p=0.2,
        noise=0.1,
        freedom=None,
        verdict="undecided",
        more_seeds=3,
        detectable=0.2,
    )
    result = GateResult(
        schema_=1,
        space="gpt2",
        protocol="own",
        direction="lower",
        predictor=None,
        labels=None,
        level=0.9,
        noise=0.1,
        base=side,
        candidate=side,
        status="ok",
        reason=None,
        probability=None,
        gain=gain,
    )
    document = json.loads(json.dumps(result.to_json(), allow_nan=False))
    assert document["schema"] == 1
    assert read_result(GateResult, document, "x", of="a gate", remedy="ask again") == result
