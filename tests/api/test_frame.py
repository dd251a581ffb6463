"""``lpzero.frame``; skips where pandas is not installed."""

from __future__ import annotations

import sys

import pytest

import lpzero
from lpzero.errors import InputError, MissingError
from lpzero.proxy.rank import RankResult
from lpzero.result import Result


@pytest.fixture(scope="module")
def ranked() -> RankResult:
    """A result with rows."""
    return lpzero.rank("gpt2-own", ["width", "depth"])


def test_rows_are_rows_and_what_is_inside_them_has_dots(ranked: RankResult) -> None:
    pytest.importorskip("pandas", reason="no pandas: python -m pip install 'lpzero[pandas]'")
    frame = lpzero.frame(ranked)
    assert list(frame["proxy"]) == ["width", "depth"]
    assert frame["matched_size.tau_a"][0] == ranked.scores[0].matched_size.tau_a  # type: ignore[union-attr]
    assert list(lpzero.frame(ranked, "controls")["control"]) == ["strongest_count"]
    with pytest.raises(InputError, match="`part`: expected one of scores, controls, found 'x'"):
        lpzero.frame(ranked, "x")
    assert len(lpzero.frame(Result())) == 1


def test_without_pandas_its_extra_is_named(ranked: RankResult, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingError, match=r"pandas is not installed: python -m pip install 'lpzero\[pandas\]'"):
        lpzero.frame(ranked)
