"""A result as a document."""

from __future__ import annotations

import pytest

from lpzero.compression.result import Choosing, CompressResult, Loss, Measures
from lpzero.result import read_result


def made() -> CompressResult:
    loss = Loss(
        model="chosen", text="t", sha256="", windows=2, tokens=9, context=5, loss=3.0, above=0.1, interval=[0, 1]
    )
    return CompressResult(
        schema=1,
        checkpoint="c",
        family="llama",
        out="o",
        form="plain",
        parameters=5,
        bytes=20,
        filling=0,
        counts={"params": Measures(full=10, chosen=5, limit=6.0)},
        layers=[],
        choosing=Choosing(importance="taylor", plain=False, expected=0.1, bound=0.1, measured=0, divergence=0.2),
        calibration_sha256="",
        refitted_on=0,
        losses=[loss],
        notes=[],
        recovery=None,
        running={},
        sample=None,
        seed=0,
        seconds={},
    )


def test_a_result_is_read_back_as_it_was() -> None:
    assert read_result(CompressResult, made().to_json(), "r", of="a compression", remedy="again") == made()


def test_a_loss_is_found_by_model_and_text() -> None:
    assert made().loss("chosen", "t").above == 0.1
    with pytest.raises(KeyError):
        made().loss("full", "t")
