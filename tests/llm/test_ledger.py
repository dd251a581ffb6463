"""The ledger: no call goes through a ceiling, and what was spent counts when a job is resumed."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lpzero.errors import InputError, LpzeroError
from lpzero.llm.ledger import CeilingError, Ceilings, Ledger, Prices, read_ledger
from lpzero.llm.reply import Usage

MOST = Usage(100, 20, estimated=True)
TOOK = Usage(30, 5)


def test_a_call_counts_with_its_most_until_it_has_ended() -> None:
    ledger = Ledger(prices=Prices(1.0, 10.0))
    call = ledger.begin(MOST)
    assert ledger.spent.usage == MOST
    ledger.end(call, TOOK)
    spent = ledger.spent
    assert (spent.calls, spent.usage) == (1, TOOK)
    # 30 tokens of a million for 1, and 5 for 10
    assert spent.money == pytest.approx(80e-6)
    assert Ledger().spent.money is None


@pytest.mark.parametrize(
    ("ceilings", "words"),
    [
        (Ceilings(calls=2), "`call_limit`: 2 of 2 spent, and the next call may take 1"),
        (Ceilings(tokens=180), "`token_limit`: 70 of 180 spent, and the next call may take 120"),
        (Ceilings(money=400e-6), "`money_limit`: 0.00016 of 0.0004 spent, and the next call may take 0.0003"),
    ],
)
def test_a_call_that_could_go_through_a_ceiling_is_refused_before_it_is_made(ceilings: Ceilings, words: str) -> None:
    ledger = Ledger(ceilings=ceilings, prices=Prices(1.0, 10.0))
    for _ in range(2):
        ledger.end(ledger.begin(MOST), TOOK)
    with pytest.raises(CeilingError) as caught:
        ledger.begin(MOST)
    assert str(caught.value) == f"{words}: raise it to go on; replies so far are kept"
    assert caught.value.exit_code == 3
    assert ledger.spent.calls == 2
    # a smaller one may still fit, and the ceiling itself is allowed
    if ceilings.tokens:
        ledger.begin(Usage(100, 10))


def test_calls_at_once_do_not_go_through_a_ceiling_together() -> None:
    ledger = Ledger(ceilings=Ceilings(tokens=500))

    def call(_: int) -> bool:
        try:
            ledger.begin(MOST)
        except CeilingError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(call, range(40))) == 4


def test_a_resumed_job_goes_on_below_the_same_ceilings(tmp_path: Path) -> None:
    path = tmp_path / "run" / "llm.jsonl"
    with Ledger(path, Ceilings(calls=3)) as ledger:
        ledger.end(ledger.begin(MOST), TOOK)
        # killed in the middle of this one
        ledger.begin(MOST)
    with Ledger(path, Ceilings(calls=3)) as ledger:
        assert (ledger.spent.calls, ledger.spent.usage) == (2, TOOK + MOST)
        ledger.end(ledger.begin(MOST), TOOK)
        with pytest.raises(CeilingError):
            ledger.begin(MOST)
    assert read_ledger(path) == {0: TOOK, 1: MOST, 2: TOOK}


def test_a_line_that_was_cut_is_not_read_and_any_other_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "llm.jsonl"
    with Ledger(path) as ledger:
        ledger.end(ledger.begin(MOST), TOOK)
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"call": 1, "sta')
    with Ledger(path) as ledger:
        assert ledger.spent.calls == 1
        ledger.begin(MOST)
    assert len(path.read_text().splitlines()) == 3
    for bad in (b"x\n", b'{"call": 0}\n', whole.replace(b"30", b"-1"), whole.replace(b"30", b'"30"'), b"\xff\n"):
        path.write_bytes(bad)
        with pytest.raises(InputError, match=r"llm\.jsonl") as caught:
            Ledger(path)
        assert "\n" not in str(caught.value)
    # nobody is kept out by a file that could not be read
    path.write_bytes(whole)
    Ledger(path).close()


def test_one_process_at_a_time_spends_by_a_ledger(tmp_path: Path) -> None:
    path = tmp_path / "llm.jsonl"
    code = f"from pathlib import Path\nfrom lpzero.llm.ledger import Ledger\nLedger(Path({str(path)!r}))"
    with Ledger(path):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "expected no other process that spends by it" in done.stderr


def test_a_ledger_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LpzeroError, match="cannot be written"):
        Ledger(tmp_path / "file" / "llm.jsonl")
    with pytest.raises(LpzeroError, match="cannot be read"):
        read_ledger(tmp_path)


def test_values_that_are_none_are_refused_by_the_names_of_their_options() -> None:
    with pytest.raises(InputError, match="`money_limit`: expected prices beside it"):
        Ledger(ceilings=Ceilings(money=1.0))
    with pytest.raises(InputError, match="`input_price`: expected at least 0 for a million tokens, found -1"):
        Prices(-1, 0)
    with pytest.raises(InputError, match="`output_price`"):
        Prices(0, float("nan"))
    for name, option in (("calls", "call_limit"), ("tokens", "token_limit"), ("money", "money_limit")):
        with pytest.raises(InputError, match=f"`{option}`: expected at least 0, found -1"):
            Ceilings(**{name: -1})
