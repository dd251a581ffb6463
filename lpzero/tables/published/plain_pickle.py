"""Plain values out of a pickle, by a closed reader: nothing in the file is run, imported or looked up.

A pickle is a program for a machine with a stack, which can call any function. The reader knows the instructions of
protocol 4 that put lists, objects, texts and numbers together, and refuses every other one before it reads what belongs
to it.
"""

from __future__ import annotations

import io
import pickletools
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from lpzero.errors import InputError, MissingError
from lpzero.settings import reason_of, shorten

LARGEST_FILE = 1 << 22
"""Bytes of the largest file that is read."""
DEEPEST = 8
"""Lists and objects inside each other, at most."""
_BEGIN = b"\x80\x04"
"""The first instruction: protocol 4."""


def read_plain_pickle(path: Path) -> Any:
    """Read a file of at most 4 MiB; its lists and objects are at most 8 deep, and none is in two places.

    Raises:
        MissingError: There is no such file.
        InputError: It cannot be read, is too large, or is not such a pickle. One line, which begins with the path.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
        return parse_plain_pickle(content)
    except FileNotFoundError as error:
        raise MissingError(f"{path}: expected a file, found none") from error
    except (OSError, ValueError) as error:
        found = error.strerror if isinstance(error, OSError) else reason_of(error)
        raise InputError(f"{path}: expected a pickle of plain lists, objects and numbers, found {found}") from error


def parse_plain_pickle(content: bytes) -> Any:
    """Read the bytes of such a file.

    Returns:
        Lists, dictionaries with texts as keys, texts, numbers and truth values.

    Raises:
        ValueError: They are something else; it says what.

    >>> parse_plain_pickle(bytes.fromhex("80045d94288c0161944b0788652e"))
    ['a', 7, True]
    """
    if len(content) > LARGEST_FILE:
        raise ValueError(f"more than {LARGEST_FILE} bytes")
    machine = _Machine()
    for name, argument in _instructions(content):
        _INSTRUCTIONS[name](machine, argument)
    return machine.result()


def _instructions(content: bytes) -> Iterator[tuple[str, Any]]:
    """The instructions up to the end, which are all known, with their arguments."""
    if not content.startswith(_BEGIN):
        raise ValueError(f"another beginning than that of protocol 4: {shorten(content[:2])}")
    stream = io.BytesIO(content)
    operations = pickletools.genops(stream)
    next(operations)
    while True:
        position = stream.tell()
        if position == len(content):
            raise ValueError(f"no end: it is cut off at byte {position}")
        code = content[position]
        name = _NAMES.get(code, f"{code}, which there is not,")
        if name not in _KNOWN:
            raise ValueError(f"the instruction {name} at byte {position}")
        # the argument is read here, behind the check: those of other instructions may be what costs
        argument: Any = next(operations)[1]
        left = len(content) - stream.tell()
        if name == "FRAME" and argument > left:
            raise ValueError(f"a frame of {argument} bytes, of which {left} are there, at byte {position}")
        if name == "STOP":
            if left:
                raise ValueError(f"{left} bytes behind its end")
            return
        if name != "FRAME":
            yield name, argument


class _Machine:
    """The values that are being put together.

    Attributes:
        values: Those above the last mark.
        below: For each open mark, those below it.
        memo: Texts that may come again; None in the place of what may not.
    """

    def __init__(self) -> None:
        self.values: list[Any] = []
        self.below: list[list[Any]] = []
        self.memo: list[str | None] = []

    def push(self, value: Any) -> None:
        """A value on top."""
        self.values.append(value)

    def mark(self) -> None:
        """What follows goes into the list or object on top, which lies below the mark."""
        if len(self.below) == DEEPEST:
            raise ValueError(f"lists and objects more than {DEEPEST} deep")
        self.below.append(self.values)
        self.values = []

    def memoise(self) -> None:
        """Keep the value on top, where it is a text: what can be changed shall not be in two places."""
        if not self.values:
            raise ValueError("nothing to keep")
        top = self.values[-1]
        self.memo.append(top if isinstance(top, str) else None)

    def recall(self, index: int) -> None:
        """A text that was kept."""
        kept = self.memo[index] if index < len(self.memo) else None
        if kept is None:
            raise ValueError(f"a reference to {index}, which is no text before it")
        self.values.append(kept)

    def append(self) -> None:
        """What lies above the mark goes into a list."""
        values, target = self._marked(list)
        target.extend(values)

    def set(self) -> None:
        """What lies above the mark are keys and values of an object."""
        values, target = self._marked(dict)
        keys = values[::2]
        if len(values) % 2 or not all(isinstance(key, str) for key in keys):
            raise ValueError("an object without a text for each key, or a value for each")
        before = len(target)
        target.update(zip(keys, values[1::2], strict=True))
        if len(target) < before + len(keys):
            raise ValueError("a key twice in one object")

    def result(self) -> Any:
        """The one value that is there at the end."""
        if self.below or len(self.values) != 1:
            raise ValueError("an end at which not everything was put together")
        return self.values[0]

    def _marked(self, kind: type) -> tuple[list[Any], Any]:
        """The values above the last mark, which is gone then, and what lies below it."""
        if not self.below or not self.below[-1] or not isinstance(self.below[-1][-1], kind):
            raise ValueError(f"no {kind.__name__} to put something into")
        values, self.values = self.values, self.below.pop()
        return values, self.values[-1]


_INSTRUCTIONS: Mapping[str, Callable[[_Machine, Any], None]] = MappingProxyType(
    {
        "EMPTY_LIST": lambda machine, _: machine.push([]),
        "EMPTY_DICT": lambda machine, _: machine.push({}),
        "NEWTRUE": lambda machine, _: machine.push(True),
        "NEWFALSE": lambda machine, _: machine.push(False),
        **dict.fromkeys(("SHORT_BINUNICODE", "BINFLOAT", "BININT1", "BININT2"), _Machine.push),
        "MARK": lambda machine, _: machine.mark(),
        "MEMOIZE": lambda machine, _: machine.memoise(),
        **dict.fromkeys(("BINGET", "LONG_BINGET"), _Machine.recall),
        "APPENDS": lambda machine, _: machine.append(),
        "SETITEMS": lambda machine, _: machine.set(),
    }
)
_KNOWN = frozenset({"FRAME", "STOP", *_INSTRUCTIONS})
_NAMES = MappingProxyType({ord(opcode.code): opcode.name for opcode in pickletools.opcodes})
