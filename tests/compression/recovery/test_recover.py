"""Recovery: the divergence falls, the checkpoint and the model given stay, and a stop changes no bit."""

from __future__ import annotations

import copy
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from lpzero.compression.cutting.cut import cut
from lpzero.compression.cutting.layout import read_layout
from lpzero.compression.recovery.recover import ANSWERS, Recovered, _steps, recover
from lpzero.compression.recovery.settings import RecoverySettings
from lpzero.compression.recovery.state import STATE
from lpzero.compression.texts import to_predict
from lpzero.errors import InputError, LpzeroError
from lpzero.progress import Progress
from tests.compression.files.cases import logits, unlike
from tests.compression.tiny import tiny, tokens

IDS = tokens(10, 6)
TEXT = to_predict("novel.txt", IDS, "causal", None)
SETTINGS = RecoverySettings(steps=6, rate=1e-2, windows=2, seed=3)


def pair(family: str = "llama") -> tuple[nn.Module, nn.Module]:
    """A sub-network, and the checkpoint that it was cut out of."""
    model = tiny(family)
    layout = read_layout(model)
    return cut(model, layout, unlike(layout)), model


def same(first: nn.Module, second: nn.Module) -> bool:
    a, b = first.state_dict(), second.state_dict()
    return list(a) == list(b) and all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_a_sub_network_comes_nearer_and_nothing_else_changes(family: str) -> None:
    small, full = pair(family)
    before, state = (copy.deepcopy(small), copy.deepcopy(full)), torch.random.get_rng_state()
    found = recover(small, full, TEXT, RecoverySettings(steps=25, rate=1e-2, windows=2))
    assert same(small, before[0])
    assert same(full, before[1])
    assert torch.equal(torch.random.get_rng_state(), state)
    assert [point.step for point in found.curve] == list(range(1, 26))
    early, late = (np.mean([p.divergence for p in part]) for part in (found.curve[:5], found.curve[-5:]))
    assert late < 0.7 * early


def test_the_first_point_is_the_divergence_itself() -> None:
    small, full = pair()
    found = recover(small, full, TEXT, RecoverySettings(steps=1, windows=2, seed=5))
    drawn = next(iter(_steps(10, RecoverySettings(steps=1, windows=2, seed=5), 0)))[1]
    pieces = IDS[list(drawn)]
    expected = nn.KLDivLoss(reduction="sum", log_target=True)(
        logits(small, pieces).log_softmax(-1), logits(full, pieces).log_softmax(-1)
    )
    assert found.curve[0].divergence == pytest.approx(float(expected) / 12, rel=1e-5)
    with torch.no_grad():
        loss = small(input_ids=pieces, labels=pieces).loss  # type: ignore[operator]
    assert found.curve[0].loss == pytest.approx(float(loss), rel=1e-5)


def test_a_model_that_answers_as_the_checkpoint_does_is_only_moved_by_the_language_loss() -> None:
    _, full = pair()
    still = recover(full, full, TEXT, RecoverySettings(steps=1, windows=2))
    assert still.curve[0].divergence == pytest.approx(0, abs=1e-6)
    moved = recover(full, full, TEXT, RecoverySettings(steps=12, windows=2, language_loss=1.0, rate=1e-2))
    assert moved.curve[-1].loss < moved.curve[0].loss


@pytest.mark.parametrize("rank", [None, 2])
def test_a_recovery_that_was_stopped_goes_on_bit_for_bit(rank: int | None, tmp_path: Path) -> None:
    settings = RecoverySettings(steps=6, rate=1e-2, windows=2, seed=3, rank=rank)
    small, full = pair()
    whole = recover(small, full, TEXT, settings, folder=tmp_path / "whole", clock=lambda: 0.0)

    class Stopped(Exception):
        pass

    def stop(progress: Progress) -> None:
        if progress.facts.startswith("4/6"):
            raise Stopped

    with pytest.raises(Stopped):
        # a clock of 50 s a reading has it saved at every other step
        recover(small, full, TEXT, settings, folder=tmp_path / "run", watch=stop, clock=ticking(50.0))
    kept = (tmp_path / "run" / STATE).read_bytes()
    again = recover(small, full, TEXT, settings, folder=tmp_path / "run")
    assert same(whole.model, again.model)
    assert [p.divergence for p in whole.curve] == [p.divergence for p in again.curve]
    assert kept != (tmp_path / "run" / STATE).read_bytes()
    # one that is finished is only read
    assert same(whole.model, recover(small, full, TEXT, settings, folder=tmp_path / "run").model)


def ticking(seconds: float) -> Callable[[], float]:
    now = [0.0]

    def clock() -> float:
        now[0] += seconds
        return now[0]

    return clock


def test_a_time_is_kept_to_and_goes_on_where_it_was(tmp_path: Path) -> None:
    small, full = pair()
    settings = RecoverySettings(seconds=10.0, rate=1e-2, windows=2)
    found = recover(small, full, TEXT, settings, folder=tmp_path, clock=ticking(1.0))
    assert found.curve[-1].seconds >= 10.0
    assert len(found.curve) > 1
    again = recover(small, full, TEXT, settings, folder=tmp_path, clock=ticking(1.0))
    assert again.curve == found.curve


def test_several_recoveries_share_the_answers(tmp_path: Path) -> None:
    small, full = pair()
    recover(small, full, TEXT, SETTINGS, folder=tmp_path / "a", answers=tmp_path / "said")
    assert not (tmp_path / "a" / ANSWERS).exists()
    number = len(list((tmp_path / "said").iterdir()))
    other = recover(full, full, TEXT, SETTINGS, answers=tmp_path / "said")
    assert len(list((tmp_path / "said").iterdir())) == number
    assert other.curve[0].divergence == pytest.approx(0, abs=1e-6)


def test_a_masked_model_is_asked_at_what_is_hidden() -> None:
    small, full = pair("bert")
    text = to_predict("novel.txt", IDS, "masked", 3)
    found = recover(small, full, text, RecoverySettings(steps=25, rate=1e-2, windows=2))
    early, late = (np.mean([p.divergence for p in part]) for part in (found.curve[:5], found.curve[-5:]))
    assert late < 0.7 * early


def test_the_number_format_comes_back() -> None:
    small, full = pair()
    found = recover(small.bfloat16(), full.bfloat16(), TEXT, RecoverySettings(steps=2, windows=2))
    assert {tensor.dtype for tensor in found.model.state_dict().values()} == {torch.bfloat16}


@pytest.mark.parametrize(
    ("number", "changes", "kind", "said"),
    [
        (1, {}, InputError, r"text novel\.txt: expected at least 2 windows, those of one step of recovery, found 1"),
        (10, {"rate": 0.99, "steps": 200}, LpzeroError, "the loss is not finite at step"),
    ],
    ids=["short", "steep"],
)
def test_what_cannot_be_learned_is_said(
    number: int, changes: dict[str, Any], kind: type[LpzeroError], said: str
) -> None:
    small, full = pair()
    if "rate" in changes:
        with torch.no_grad():
            small.get_submodule("model.norm").weight.fill_(float("inf"))
    with pytest.raises(kind, match=said):
        recover(
            small,
            full,
            to_predict("novel.txt", IDS[:number], "causal", None),
            RecoverySettings(**{"steps": 2, "windows": 2, **changes}),
        )


def test_products_in_bfloat16_lead_to_about_the_same() -> None:
    small, full = pair()
    exact, mixed = (
        recover(small, full, TEXT, RecoverySettings(steps=10, rate=1e-2, windows=2, mixed=mixed))
        for mixed in (False, True)
    )
    assert exact.curve[0].divergence != mixed.curve[0].divergence
    assert [p.divergence for p in mixed.curve] == pytest.approx([p.divergence for p in exact.curve], rel=0.1)
    assert {tensor.dtype for tensor in mixed.model.state_dict().values()} == {torch.float32}


def test_a_checkpoint_in_training_is_refused() -> None:
    small, full = pair()
    with pytest.raises(InputError, match="expected a checkpoint in evaluation mode"):
        recover(small, full.train(), TEXT, SETTINGS)


def test_windows_are_drawn_without_repetition_until_all_were() -> None:
    settings = RecoverySettings(steps=9, windows=2)
    drawn = [windows for _, windows in _steps(7, settings, 0)]
    assert [step for step, _ in _steps(7, settings, 4)] == [5, 6, 7, 8, 9]
    assert [windows for _, windows in _steps(7, settings, 4)] == drawn[4:]
    for begin in (0, 3, 6):
        of_a_round = [window for windows in drawn[begin : begin + 3] for window in windows]
        assert len(set(of_a_round)) == 6


def test_progress_is_told() -> None:
    small, full = pair()
    told: list[Progress] = []
    found: Recovered = recover(small, full, TEXT, SETTINGS, watch=told.append)
    assert [round(one.share * 6) for one in told] == [1, 2, 3, 4, 5, 6]
    assert told[0].facts == f"1/6 steps, divergence {found.curve[0].divergence:.3f}"


LEARN = """
import hashlib, itertools, sys
from pathlib import Path
from lpzero.compression.recovery.recover import recover
from lpzero.compression.recovery.settings import RecoverySettings
from tests.compression.recovery.test_recover import TEXT, pair
# a clock that makes it save at every step
clock = itertools.count(step=100)
settings = RecoverySettings(steps=40, rate=1e-2, windows=2)
found = recover(
    *pair(), TEXT, settings, folder=Path(sys.argv[1]), clock=lambda: next(clock),
    watch=lambda progress: print(progress.facts, flush=True),
)
state = b"".join(tensor.numpy().tobytes() for tensor in found.model.state_dict().values())
print("end", hashlib.sha256(state).hexdigest(), [point.divergence for point in found.curve], flush=True)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_process_that_is_ended_again_and_again_ends_as_if_it_had_not_been(number: int, tmp_path: Path) -> None:
    rng, root = random.Random(0), Path(__file__).resolve().parents[3]

    def started(folder: Path) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", LEARN, str(folder)]
        return subprocess.Popen(command, cwd=root, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def last_line(process: subprocess.Popen[str], lines: int | None) -> str:
        """Of its output, which is cut behind so many lines."""
        assert process.stdout is not None
        last = ""
        for count, line in enumerate(process.stdout, start=1):
            last = line
            if count == lines and not line.startswith("end"):
                process.send_signal(number)
                break
        process.communicate()
        return last

    whole, ends = last_line(started(tmp_path / "whole"), None), []
    while not ends or not ends[-1].startswith("end"):
        ends.append(last_line(started(tmp_path / "run"), rng.randint(10, 20)))
    assert len(ends) > 2
    assert ends[-1] == whole


@pytest.mark.parametrize("rank", [None, 2])
def test_what_positions_are_computed_by_stays_in_single_precision(rank: int | None) -> None:
    """Rounded with the weights it would give another model than the one that a reader builds."""
    if rank is not None:
        pytest.importorskip("peft")
    small, full = (one.to(torch.bfloat16) for one in pair())
    for one, other in ((small, pair()[0]), (full, pair()[1])):
        for name, buffer in other.named_buffers():
            one.get_submodule(name.rpartition(".")[0]).register_buffer(name.rpartition(".")[2], buffer.clone())
    before = dict(small.named_buffers())
    assert {buffer.dtype for buffer in before.values()} == {torch.float32}
    learned = recover(small, full, TEXT, RecoverySettings(steps=1, windows=2, rank=rank)).model
    assert {weight.dtype for weight in learned.parameters()} == {torch.bfloat16}
    assert all(torch.equal(buffer, before[name]) for name, buffer in learned.named_buffers())
