"""Texts for a model and from it: cleaned, and templates filled in one pass.

Names and texts of tables, files and replies are data. None can bring a placeholder, a line or a control character of
its own into a prompt.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from string import Template

from lpzero.errors import InputError
from lpzero.settings import read_bounded, read_document, reason_of, shorten

LONGEST_VALUE = 2_000
"""Letters of the longest value that fills a placeholder."""
LARGEST_FILE = 1 << 22
"""Bytes of the largest file of a prompt that is read."""
# Controls; formats, which show nothing or turn the direction of writing; halves of a pair; what is not assigned.
_UNSEEN = {"Cc", "Cf", "Cs", "Cn", "Co"}
_LINE_ENDS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")


def clean_text(text: str) -> str:
    r"""A text without control and other unseen characters, its line ends as ``\n``.

    >>> clean_text("a\x1b[2Jb\r\nc\u202e")
    'a[2Jb\nc'
    """
    lines = _LINE_ENDS.sub("\n", text)
    if lines.isascii() and lines.isprintable():
        return lines
    return "".join(letter for letter in lines if letter in "\n\t" or unicodedata.category(letter) not in _UNSEEN)


def clean_line(text: str) -> str:
    r"""A text as one line, every run of white space a blank.

    >>> clean_line(" a\n\nBLEU: 99\t")
    'a BLEU: 99'
    """
    return " ".join(clean_text(text).split())


def fill(
    template: str, values: Mapping[str, str | int | float], parts: Mapping[str, str] | None = None, *, source: str = ""
) -> str:
    """Fill a template's placeholders, ``$name`` or ``${name}``, in one pass; ``$$`` is a dollar.

    What is filled in is not looked at again, so that a value which looks like a placeholder stays a text.

    Args:
        template: The text around the placeholders.
        values: What comes from outside, by name; each becomes one clean line.
        parts: Texts of several lines that were put together here, from templates that were filled before.
        source: The file that the template comes from, for messages; empty for none.

    Raises:
        InputError: A placeholder has no value, a value no placeholder, a dollar stands alone, or a value is longer than
            ``LONGEST_VALUE``.

    >>> fill("Task: $task", {"task": "$key of ${home}"})
    'Task: $key of ${home}'
    """
    place = f"{source}: " if source else ""
    filled = {name: _line(name, value, place) for name, value in values.items()}
    filled |= {name: clean_text(text) for name, text in (parts or {}).items()}
    found = _placeholders(template, place)
    missing = sorted(found - set(filled))
    if missing:
        raise InputError(f"{place}expected a value for each placeholder, found none for {shorten(missing[0], 60)}")
    unused = sorted(set(filled) - found)
    if unused:
        raise InputError(f"{place}expected a placeholder for each value, found none for {shorten(unused[0], 60)}")
    return clean_text(Template(template).substitute(filled))


def _line(name: str, value: str | int | float, place: str) -> str:
    line = clean_line(str(value))
    if len(line) > LONGEST_VALUE:
        raise InputError(f"{place}{shorten(name, 60)}: expected at most {LONGEST_VALUE} letters, found {len(line)}")
    return line


def _placeholders(template: str, place: str) -> set[str]:
    names = set()
    for match in Template.pattern.finditer(template):
        if match["invalid"] is not None:
            line = template.count("\n", 0, match.start()) + 1
            raise InputError(f"{place}line {line}: expected $name, ${{name}} or $$, found a dollar alone")
        names.add(match["named"] or match["braced"])
    # None stands for an escaped dollar
    return names - {None}


def read_text(path: Path) -> str:
    """The text of a template or prompt; raises InputError where there is no such file, or no text in it."""
    try:
        return read_bounded(path, LARGEST_FILE)
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"{path}: no such file") from None
    except (OSError, ValueError) as err:
        raise InputError(f"{path}: expected a text, found {reason_of(err)}") from None


def read_values(path: Path) -> dict[str, str | int | float]:
    """Values for placeholders, from a JSON object of texts and numbers; raises InputError for anything else."""
    values: dict[str, str | int | float] = {}
    for name, value in read_document(path, largest=LARGEST_FILE).items():
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise InputError(f"{path}: {shorten(name, 60)}: expected a text or a number, found {shorten(value, 60)}")
        values[name] = value
    return values
