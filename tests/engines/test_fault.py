"""The fault that an error stands for: its status, and one line for people."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lpzero.engines.fault import Fault, FaultStatus, NonfiniteError, fault_of, lacks_memory, line_of
from lpzero.errors import InputError, LpzeroError, TooLargeError
from lpzero.tables.training_record import TrainedRecord


def test_what_torch_raises_for_memory_is_known_on_this_machine() -> None:
    with pytest.raises(RuntimeError) as raised:
        torch.empty(1 << 60, dtype=torch.float32)
    assert lacks_memory(raised.value)
    assert fault_of(raised.value).status is FaultStatus.OUT_OF_MEMORY


@pytest.mark.parametrize("err", [MemoryError(), torch.OutOfMemoryError("CUDA out of memory"), TooLargeError("7 GiB")])
def test_every_error_of_memory_is_one_fault_with_a_reason(err: BaseException) -> None:
    fault = fault_of(err)
    assert fault.status is FaultStatus.OUT_OF_MEMORY
    assert fault.reason == (str(err) or "memory was not to be had")


@pytest.mark.parametrize(
    ("err", "fault"),
    [
        (NonfiniteError("its loss is nan"), Fault(FaultStatus.NONFINITE, "its loss is nan")),
        (LpzeroError("no head"), Fault(FaultStatus.FAILED, "no head")),
        (InputError("no head"), Fault(FaultStatus.FAILED, "no head")),
        (ZeroDivisionError("by zero"), Fault(FaultStatus.FAILED, "raised ZeroDivisionError: by zero")),
    ],
)
def test_an_error_of_ours_speaks_for_itself_and_another_has_its_kind(err: BaseException, fault: Fault) -> None:
    assert not lacks_memory(err)
    assert fault_of(err) == fault


@pytest.mark.property
@settings(max_examples=30, deadline=None)
@given(st.text())
def test_the_line_of_an_error_is_its_first(text: str) -> None:
    line = line_of(RuntimeError(text))
    assert len(line.splitlines()) <= 1
    # a line that ends with a colon goes on with the next
    assert "".join(text.split()).startswith("".join(line.split()))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("one\ntwo", "one"),
        (
            "Error(s) in loading M:\n\tsize mismatch\n\tmore",
            "Error(s) in loading M: size mismatch",
        ),
        ("for a field:\n  TypeError:\n expected int\nmore", "for a field: TypeError: expected int"),
        ("nothing follows:", "nothing follows:"),
    ],
)
def test_a_line_that_announces_a_reason_goes_on_with_it(text: str, line: str) -> None:
    assert line_of(ValueError(text)) == line


def test_an_error_without_a_text_has_an_empty_line() -> None:
    class Speechless(Exception):
        def __str__(self) -> str:
            raise AttributeError("nothing to say")

    assert line_of(Speechless()) == line_of(RuntimeError()) == ""
    assert fault_of(Speechless()) == Fault(FaultStatus.FAILED, "raised Speechless: ")


def test_a_status_is_the_word_that_documents_keep() -> None:
    assert {status.value for status in FaultStatus} == {"failed", "nonfinite", "out_of_memory", "timeout", "killed"}
    assert all(FaultStatus(status.value) is status and status == status.value for status in FaultStatus)
    # a fault of a training becomes its record, but for numbers that are not finite, which it calls diverged
    said = TrainedRecord.model_fields["status"].annotation
    assert {status.value for status in FaultStatus} - {"nonfinite"} <= set(said.__args__)  # type: ignore[union-attr]
