"""The cells of the printed tables."""

from __future__ import annotations

from lpzero.cli.output import AGAINST, SHARES, against, shares


def test_a_comparison_is_a_row_and_none_is_left_out() -> None:
    versus = {"difference": 0.0514, "interval": [-0.01, 0.1], "p": 0.04, "p_swap": 0.05, "p_holm": 0.08}
    nothing = dict.fromkeys(versus)
    rows = against([{"proxy": "depth", "versus": versus}, {"proxy": "snip", "versus": nothing}, {"proxy": "old"}])
    assert rows == [["depth", "+0.051", "-0.010 to +0.100", "0.040", "0.080"]]
    assert len(rows[0]) == len(AGAINST)


def test_what_a_ranking_does_not_have_is_a_dash() -> None:
    document = {
        "within_depth": {"tau_a": None, "pairs": 0},
        "matched_size": {"tau_a": 0.25, "pairs": 3},
        "regret": {"1": {"quality": 2.0, "share": 0.2}, "5": {"quality": 0.0, "share": 0.0}},
    }
    assert shares(document) == [None, "0.250", None, "20.0, 0.0"]
    assert len(SHARES) == 4
