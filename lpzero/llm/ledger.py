"""What was spent, and ceilings of it that no call goes through.

Before a call the most that it can take is entered, and after it what it took. With a file, entries are kept the moment
that they are made: a job that is resumed goes on below the same ceilings, and a call whose end nobody saw counts with
the most that it could take.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Annotated

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lpzero.errors import InputError, LpzeroError, MissingError
from lpzero.files import LOCK, append_lines
from lpzero.llm.reply import Usage
from lpzero.settings import read_bounded, reason_of

MILLION = 1_000_000
NAMES = {"calls": "call_limit", "tokens": "token_limit", "money": "money_limit"}
"""What messages, and the command line, call each ceiling."""


class CeilingError(MissingError):
    """The next call could go through a ceiling (exit code 3); it was not made, and what came before is kept."""


@dataclass(frozen=True)
class Prices:
    """What tokens cost, in a currency of the user's; lpzero knows no prices.

    Attributes:
        input: Of a million tokens that are read, at least 0.
        output: Of a million tokens that are written, at least 0.

    Raises:
        InputError: A price is none.
    """

    input: float
    output: float

    def __post_init__(self) -> None:
        for name in ("input", "output"):
            price = getattr(self, name)
            if not (math.isfinite(price) and price >= 0):
                raise InputError(f"`{name}_price`: expected at least 0 for a million tokens, found {price}")

    def of(self, usage: Usage) -> float:
        """What a usage costs."""
        return (usage.input * self.input + usage.output * self.output) / MILLION


@dataclass(frozen=True)
class Ceilings:
    """The most that a job may take; None for no ceiling.

    Attributes:
        calls: Requests that are sent, repairs and attempts that fail included.
        tokens: Read and written.
        money: In the currency of the prices.

    Raises:
        InputError: A ceiling is below 0 or not a number.
    """

    calls: int | None = None
    tokens: int | None = None
    money: float | None = None

    def __post_init__(self) -> None:
        for name in ("calls", "tokens", "money"):
            ceiling = getattr(self, name)
            if ceiling is not None and not (math.isfinite(ceiling) and ceiling >= 0):
                raise InputError(f"`{NAMES[name]}`: expected at least 0, found {ceiling}")


NO_CEILINGS = Ceilings()


@dataclass(frozen=True)
class Spent:
    """What was spent.

    Attributes:
        calls: Requests that were sent.
        usage: Their tokens; of a call whose end nobody saw the most that it could take.
        money: What they cost; None where there are no prices.
    """

    calls: int
    usage: Usage
    money: float | None


class _Entry(BaseModel):
    """A line of the file: a call that begins, or one that has ended."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    call: Annotated[int, Field(ge=0)]
    state: str
    input: Annotated[int, Field(ge=0, le=10**15)]
    output: Annotated[int, Field(ge=0, le=10**15)]
    estimated: bool


class Ledger:
    """Counts calls, and refuses those that could go through a ceiling; several threads may use it.

    With a file it is used in a ``with`` block, and other processes are kept out of the file meanwhile.

    Args:
        path: Where it is kept; None for this process alone.
        ceilings: The most that may be spent, by what the file holds already as well.
        prices: What tokens cost; needed for a ceiling of money.

    Raises:
        InputError: There is a ceiling of money and no price, the file is no ledger, or another process uses it.
        LpzeroError: The file cannot be read or written.
    """

    def __init__(
        self, path: Path | None = None, ceilings: Ceilings = NO_CEILINGS, prices: Prices | None = None
    ) -> None:
        self.path, self.ceilings, self.prices = path, ceilings, prices
        if self.ceilings.money is not None and prices is None:
            raise InputError(
                "`money_limit`: expected prices beside it, found none: give `input_price` and `output_price`"
            )
        self._guard = threading.Lock()
        self._lock = None if path is None else _locked(path)
        try:
            self._calls: dict[int, Usage] = {} if path is None else read_ledger(path)
        except BaseException:
            self.close()
            raise

    @property
    def spent(self) -> Spent:
        """What was spent so far, what is under way included."""
        usage = sum(self._calls.values(), Usage())
        return Spent(len(self._calls), usage, None if self.prices is None else self.prices.of(usage))

    def begin(self, most: Usage) -> int:
        """Enter a call before it is made.

        Args:
            most: The most that it can take.

        Returns:
            Its number, for :meth:`end`.

        Raises:
            CeilingError: It could go through a ceiling.
            OSError: The file cannot be written.
        """
        with self._guard:
            self._check(most)
            number = max(self._calls, default=-1) + 1
            self._write(number, "begun", most)
            self._calls[number] = most
            return number

    def end(self, number: int, usage: Usage) -> None:
        """Enter what a call took; raises OSError where the file cannot be written."""
        with self._guard:
            self._calls[number] = usage
            self._write(number, "ended", usage)

    def close(self) -> None:
        """Let other processes use the file."""
        if self._lock is not None:
            self._lock.release()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _check(self, most: Usage) -> None:
        spent, limits = self.spent, self.ceilings
        cost = 0.0 if self.prices is None else self.prices.of(most)
        for name, before, more, ceiling in (
            ("calls", spent.calls, 1, limits.calls),
            ("tokens", spent.usage.tokens, most.tokens, limits.tokens),
            ("money", spent.money or 0.0, cost, limits.money),
        ):
            if ceiling is not None and before + more > ceiling:
                raise CeilingError(
                    f"`{NAMES[name]}`: {before:,.12g} of {ceiling:,.12g} spent, and the next call may take "
                    f"{more:,.12g}: raise it to go on; replies so far are kept"
                )

    def _write(self, number: int, state: str, usage: Usage) -> None:
        if self.path is not None:
            entry = _Entry(call=number, state=state, **vars(usage))
            append_lines(self.path, [entry.model_dump_json()])


def _locked(path: Path) -> FileLock:
    lock = FileLock(path.parent / f".{path.name}{LOCK}", blocking=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise InputError(f"{path}: expected no other process that spends by it, found one: wait for its end") from None
    except OSError as err:
        raise LpzeroError(f"{path} cannot be written: {err.strerror or err}") from err
    return lock


def read_ledger(path: Path) -> dict[int, Usage]:
    """What each call of a ledger took, by its number; none where there is no file.

    Raises:
        InputError: A line is no entry; the last one may be cut, by a machine that went down.
        LpzeroError: The file cannot be read.
    """
    try:
        text = read_bounded(path)
    except FileNotFoundError:
        return {}
    except ValueError as err:
        raise InputError(f"{path}: expected a ledger, found {reason_of(err)}") from None
    except OSError as err:
        raise LpzeroError(f"{path} cannot be read: {err.strerror or err}") from err
    calls: dict[int, Usage] = {}
    for number, line in enumerate(text.split("\n")[:-1], start=1):
        try:
            entry = _Entry.model_validate_json(line)
        except ValidationError:
            raise InputError(f"{path}, line {number}: expected an entry of a ledger, found another line") from None
        calls[entry.call] = Usage(entry.input, entry.output, entry.estimated)
    return calls
