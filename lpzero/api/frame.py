"""Results as frames of pandas, where it is installed."""

from __future__ import annotations

from typing import Any

from lpzero.errors import InputError, MissingError
from lpzero.result import Result, flattened


def frame(result: Result, part: str | None = None) -> Any:
    """The rows of a result as a frame of pandas; what is inside a row stands under names with dots.

    Args:
        result: What a function found.
        part: Which of its lists; None for the first one that there is.

    Returns:
        A ``pandas.DataFrame`` with a row for each part of the list; one row of its own for a result without a list.

    Raises:
        InputError: It has no such list.
        MissingError: pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError as err:
        raise MissingError("pandas is not installed: python -m pip install 'lpzero[pandas]'") from err
    lists = {name: rows for name in type(result).model_fields if _is_list(rows := getattr(result, name))}
    if part is None:
        rows = next(iter(lists.values()), [result])
    elif part in lists:
        rows = lists[part]
    else:
        raise InputError(f"`part`: expected one of {', '.join(lists) or 'none, since it has no list'}, found {part!r}")
    return pd.DataFrame([flattened(row) for row in rows])


def _is_list(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, Result) for one in value)
