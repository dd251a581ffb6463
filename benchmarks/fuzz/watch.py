"""What an input may do to a reader, and what it may not.

Allowed is a result, or an :class:`~lpzero.errors.LpzeroError` whose message is one printable line. A fault is any other
exception, more than a second of processor time, code that is run, a program that is started, a connection, and a file
outside the given folder that is opened.
"""

from __future__ import annotations

import resource
import signal
import sys
import sysconfig
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import lpzero
from lpzero.errors import LpzeroError

LONGEST_LINE = 2000
GIVE_UP_S = 20
"""A reader that takes so many times its limit is stopped."""
MEMORY = 6 << 30
_STARTED = (
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.spawn",
    "os.fork",
    "os.forkpty",
    "subprocess.Popen",
    "pty.spawn",
)
_UNPICKLED = ("pickle.find_class", "marshal.loads", "shelve.open")
_REMOVED = ("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.symlink", "os.link", "os.chmod", "shutil.rmtree")


class HangError(BaseException):
    """An input took much longer than it may."""


@dataclass
class Fault:
    """The first input of a kind that did what it may not.

    Attributes:
        kind: ``"exception"``, ``"message"``, ``"hang"`` or ``"forbidden"``.
        what: What happened, and where.
        times: How often.
        data: The input.
    """

    kind: str
    what: str
    times: int
    data: bytes


@dataclass
class Watch:
    """Calls a reader and keeps count.

    Attributes:
        read: The reader; takes an input.
        folder: Where it may open files.
        limit: Processor seconds that an input may take.
        inputs: How many there were.
        accepted: How many gave a result.
        slowest: Processor seconds of the slowest one.
        slowest_data: That input.
        faults: By kind and place.
    """

    read: Callable[[bytes], object]
    folder: Path
    limit: float = 1.0
    inputs: int = 0
    accepted: int = 0
    slowest: float = 0.0
    slowest_data: bytes = b""
    faults: dict[tuple[str, str], Fault] = field(default_factory=dict)
    _armed: bool = False
    _forbidden: list[str] = field(default_factory=list)

    def arm(self) -> None:
        """Begin to listen to what the interpreter tells of itself; it never ends."""
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        signal.signal(signal.SIGVTALRM, _hang)
        sys.addaudithook(self._hear)

    def __call__(self, data: bytes) -> None:
        """Give the reader an input."""
        self.inputs += 1
        self._forbidden.clear()
        signal.setitimer(signal.ITIMER_VIRTUAL, GIVE_UP_S * self.limit)
        started = time.process_time()
        self._armed = True
        try:
            self.read(data)
            self.accepted += 1
        except LpzeroError as err:
            self._armed = False
            self._judge(str(err), data)
        except HangError:
            self._armed = False
        except BaseException as err:
            self._armed = False
            self._keep("exception", f"{type(err).__name__}: {str(err)[:200]!r} at {_place(err)}", _place(err), data)
        finally:
            self._armed = False
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        taken = time.process_time() - started
        if taken > self.limit:
            self._keep("hang", f"{taken:.1f} s of processor time", f"{round(taken)}", data)
        if taken > self.slowest:
            self.slowest, self.slowest_data = taken, data
        for what in self._forbidden:
            self._keep("forbidden", what, what, data)

    def _judge(self, message: str, data: bytes) -> None:
        if not message.isprintable():
            odd = next(letter for letter in message if not letter.isprintable())
            self._keep("message", f"{odd!r} in {message[:300]!r}", message.rpartition("expected")[2][:20], data)
        elif len(message) > LONGEST_LINE:
            self._keep("message", f"{len(message)} letters: {message[:200]!r}", message[:60], data)

    def _keep(self, kind: str, what: str, place: str, data: bytes) -> None:
        fault = self.faults.setdefault((kind, place), Fault(kind, what, 0, data))
        fault.times += 1

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._armed and (event in _HEARD or event.startswith("socket.")):
            self._armed = False
            what = self._forbids(event, arguments)
            if what:
                self._forbidden.append(what)
            self._armed = True

    def _forbids(self, event: str, arguments: tuple[Any, ...]) -> str:
        """What is forbidden in an event; empty where nothing is."""
        if event == "exec":
            code = arguments[0]
            return "" if _imported(code) else f"runs {getattr(code, 'co_filename', code)!r}"
        if event == "compile":
            # Python's parser says nothing of the flag that asks it for a tree; what is compiled to run has another name
            return (
                ""
                if arguments[1] in ("<unknown>", b"<unknown>") or _of_library(arguments[1])
                else f"compiles {arguments[1]!r}"
            )
        if event == "open":
            path, _, flags = arguments
            writes = bool(flags and flags & 0o3)
            return "" if self._inside(path) or (not writes and _of_library(path)) else f"opens {path!r} with {flags}"
        if event in _REMOVED:
            return (
                ""
                if all(self._inside(path) for path in arguments if isinstance(path, (str, bytes)))
                else f"{event} {arguments!r}"
            )
        return f"{event} {arguments!r}"[:200]

    def _inside(self, path: object) -> bool:
        # a number is a file that is open already
        text = path.decode() if isinstance(path, bytes) else str(path)
        return (
            isinstance(path, int)
            or text == str(self.folder)
            or (text.startswith(f"{self.folder}/") and ".." not in text)
        )


_HEARD = frozenset({"exec", "compile", "open", *_STARTED, *_UNPICKLED, *_REMOVED})
_ZIPPED = f"python{sys.version_info.major}{sys.version_info.minor}.zip"
_ROOTS = (*{sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")}, str(Path(lpzero.__file__).parent))


def _of_library(path: object) -> bool:
    text = path.decode() if isinstance(path, bytes) else str(path)
    # the second is where Python itself looks for its library, in an archive that need not be there
    return (text.startswith(_ROOTS) or text.endswith(f"/{_ZIPPED}")) and ".." not in text


def _imported(code: object) -> bool:
    """Whether code is a module of an installed package, imported when it is first needed."""
    return isinstance(code, CodeType) and _of_library(code.co_filename)


def _hang(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise HangError


def _place(err: BaseException) -> str:
    """The innermost line of lpzero that an exception came through."""
    frames = [frame for frame in traceback.extract_tb(err.__traceback__) if "/lpzero/" in frame.filename]
    last = frames[-1] if frames else traceback.extract_tb(err.__traceback__)[-1]
    return f"{last.filename.rpartition('/lpzero/')[2]}:{last.lineno} {type(err).__name__}"
