"""Options that several commands share, and how their values are read."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from lpzero.errors import InputError
from lpzero.operands.defaults import BATCH, ELEMENTS, TOKENS

_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[hms])")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def _shortened(value: Any) -> str:
    from lpzero.settings import shorten

    return shorten(value, 40)


class Duration(click.ParamType):  # type: ignore[type-arg]  # older versions of click have no generic one
    """A time such as ``90``, ``90s``, ``3m``, ``1h30m`` or ``5ms``, read as seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read it, or fail with what was expected."""
        text = str(value).strip()
        parts = _PART.findall(text)
        if parts and "".join(number + unit for number, unit in parts) == text:
            seconds = sum(float(number) * _SECONDS[unit] for number, unit in parts)
        else:
            try:
                seconds = float(text)
            except ValueError:
                seconds = math.nan
        if not math.isfinite(seconds):
            self.fail(f"expected a time such as 90s, 3m or 1h30m, found {_shortened(text)}", param, ctx)
        return seconds


_COUNT = re.compile(r"(\d{1,30}(?:\.\d+)?)([kKmMgG]?)")
_TIMES = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}


class Count(click.ParamType):  # type: ignore[type-arg]
    """A number such as ``20M``, ``1.5G`` or ``30000``, read as a whole number."""

    name = "count"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read it, or fail with what was expected."""
        matched = _COUNT.fullmatch(str(value).strip())
        if matched is None:
            self.fail(f"expected a number such as 20M, 1.5G or 30000, found {_shortened(value)}", param, ctx)
        number, times = matched.groups()
        return round(float(number) * _TIMES[times.lower()])


_SIZE = re.compile(r"(\d{1,30}(?:\.\d+)?)\s*([KMGT]i?)?B?", re.I)
_BYTES = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}


class Size(click.ParamType):  # type: ignore[type-arg]
    """A number of bytes such as ``80MB``, ``1.5GiB`` or ``30000``."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read it, or fail with what was expected."""
        matched = _SIZE.fullmatch(str(value).strip())
        if matched is None:
            self.fail(f"expected a size such as 80MB, 1.5GiB or 30000, found {_shortened(value)}", param, ctx)
        number, times = matched.groups()
        return round(float(number) * _BYTES[(times or "").lower()])


def with_default(flag: str, default: float, meaning: str) -> Callable[[Any], Any]:
    """An option for a number, of the type of its default, which its help shows."""
    return click.option(flag, type=type(default), default=default, show_default=True, help=meaning)


class PrinciplesFile(click.Path):
    """A file of principles, which is read at once: one that is refused does not wait for what its command loads."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Its path; raises InputError where it cannot be read."""
        from lpzero.principles.file import read_principles

        super().convert(value, param, ctx)
        path = Path(value)
        read_principles(path)
        return path


seed = click.option("--seed", type=int, default=0, show_default=True, help="Seed of every random choice.")
device = click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
    show_default=True,
    help="Where models run.",
)
deterministic = click.option(
    "--deterministic",
    is_flag=True,
    help="Use deterministic algorithms alone, and fail where an operation has none: on CUDA, equal runs are then equal "
    "bit for bit. On the CPU they are anyway.",
)
batch = click.option("--batch", type=int, default=BATCH, show_default=True, help="Sequences of the token batch.")
tokens = click.option("--tokens", type=int, default=TOKENS, show_default=True, help="Tokens of each sequence.")
elements = click.option(
    "--elements", type=int, default=ELEMENTS, show_default=True, help="Elements of a sketched tensor."
)
jobs = click.option("--jobs", type=int, help="Workers; results do not depend on it.  [default: cores]")


WORKERS = ("jobs", "engine", "address", "time_limit", "memory_limit")
"""Options that say where work runs: they decide nothing of a result, and may differ when a run goes on."""


def refuse_settings(ctx: click.Context) -> None:
    """A run keeps its settings: raises InputError for one that is given beside --resume, where it has no effect."""
    named = [name for name in ctx.params if name not in ("resume", "as_json", "track", *WORKERS)]
    refuse_given(ctx, named, "resume", "a run keeps its settings")


def refuse_given(ctx: click.Context, names: Iterable[str], beside: str, why: str) -> None:
    """Raise InputError for the first option of these that is given beside one beside which it has no effect."""
    for name in names:
        if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise InputError(f"`{name}` has no effect beside `{beside}`: {why}")
