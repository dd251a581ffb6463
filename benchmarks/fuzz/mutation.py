"""Hostile variants of valid documents: their tokens are replaced, left out, repeated and swapped.

Tokens are those that JSON, TOML, CSV, YAML, formulas and constraints have in common (texts in quotes, numbers, words,
marks), so that most variants are still documents, and a reader is met behind its parser.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|[-+]?[0-9][0-9.eE+-]*|[A-Za-z_][A-Za-z0-9_.-]*|\s+|.', re.DOTALL)

NUMBERS = (
    *(
        "0",
        "-1",
        "1",
        "2",
        "3",
        "0.5",
        "-0.0",
        "1e-320",
        "1e308",
        "1e999",
        "NaN",
        "Infinity",
        "-Infinity",
        "nan",
        "inf",
    ),
    *("255", "65536", "2147483648", "4294967296", "9223372036854775807", "9223372036854775808", "1000000000000"),
    *("1" * 400, "9" * 5000, "0x10", "1_000", "2**9999", "1e5", "12345678.9"),
)
TEXTS = (
    *('""', '"../../x"', '"/etc/passwd"', '"x\\u0000y"', '"\\ud800"', '"CON"', '"a."', '"~root/x"', '"file:///x"'),
    *('"\\n\\u001b[31mx"', '"' + "a" * 300 + '"', '"' + "a" * 9000 + '"', '"\\u2028"', '"é漢"', '"__class__"'),
    *(
        '"ok"',
        '"own"',
        '"gpt2"',
        '"flexibert"',
        '"llama"',
        '"1"',
        '"true"',
        '"%s%n{0.__class__}"',
        '"$(touch x)"',
        '"../x.safetensors"',
        '"' + "a" * 300 + '.safetensors"',
    ),
)
WORDS = ("null", "true", "false", "None", "True", "__import__", "lambda", "!!python/object/apply:os.system", "&a", "*a")
MARKS = (
    *(
        "[",
        "]",
        "{",
        "}",
        "(",
        ")",
        ",",
        ":",
        "=",
        "\n",
        "\r",
        "\t",
        '"',
        "'",
        "#",
        ";",
        ".",
        "*",
        "-",
        "\x00",
        "\ufeff",
    ),
    *("[]", "{}", "[[]]", '{"a":1,"a":2}', "[" * 500, "[" * 60_000, "(" * 300, "-" * 3000, '{"a":' * 3000, "not " * 99),
    *("[" * 300 + "]" * 300, '{"a":' * 300 + "1" + "}" * 300, "((((((((((0))))))))))", "1," * 3000, "\n" * 99),
)
HOSTILE = (*NUMBERS, *TEXTS, *WORDS, *MARKS)


Tokens = Mapping[str, Sequence[str]]
"""Tokens by their kind: text, number, word or mark."""


def tokens_of(text: str) -> list[str]:
    """The tokens of a text; joined they are the text again."""
    return _TOKEN.findall(text)


def by_kind(texts: Iterable[str]) -> Tokens:
    """The tokens of texts, each once, by their kind."""
    kinds: dict[str, dict[str, None]] = {}
    for token in (token for text in texts for token in tokens_of(text)):
        kinds.setdefault(_kind(token), {})[token] = None
    return {kind: tuple(tokens) for kind, tokens in kinds.items()}


def mutated(text: str, rng: random.Random, others: Tokens = MappingProxyType({})) -> str:
    """A variant of a document.

    Args:
        text: The document.
        rng: Source of randomness.
        others: Tokens of other documents by kind, which it may get as well.
    """
    tokens = tokens_of(text) or [""]
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        place = rng.randrange(len(tokens))
        _CHANGES[rng.randrange(len(_CHANGES))](tokens, place, rng, others)
        tokens = tokens or [""]
    return "".join(tokens)


def _replace(tokens: list[str], place: int, rng: random.Random, others: Tokens) -> None:
    """Another token, of the same kind in most cases: the document stays one."""
    old = _kind(tokens[place])
    known = others.get(old)
    if known and rng.random() < 0.5:
        tokens[place] = rng.choice(known)
        return
    kind = {"number": NUMBERS, "text": TEXTS}.get(old, HOSTILE)
    tokens[place] = rng.choice(HOSTILE if rng.random() < 0.2 else kind)


def _kind(token: str) -> str:
    """What a token is, by its first letter."""
    if token[:1] == '"':
        return "text"
    if token[:1].isdigit() or token[1:2].isdigit():
        return "number"
    return "word" if token[:1].isalpha() else "mark"


def _replace_value(tokens: list[str], place: int, rng: random.Random, others: Tokens) -> None:
    """The next number, text or word behind a place."""
    for further in range(place, len(tokens)):
        if tokens[further][:1].isalnum() or tokens[further][:1] == '"':
            _replace(tokens, further, rng, others)
            return


def _drop(tokens: list[str], place: int, rng: random.Random, others: Tokens) -> None:
    del others
    del tokens[place : place + rng.choice((1, 1, 2, 4, 16))]


def _repeat(tokens: list[str], place: int, rng: random.Random, others: Tokens) -> None:
    del others
    part = tokens[place : place + rng.choice((1, 2, 4, 16))]
    tokens[place:place] = part * rng.choice((1, 1, 2, 30))


def _swap(tokens: list[str], place: int, rng: random.Random, others: Tokens) -> None:
    del others
    other = rng.randrange(len(tokens))
    tokens[place], tokens[other] = tokens[other], tokens[place]


def _insert(tokens: list[str], place: int, rng: random.Random, others: Tokens) -> None:
    known = others.get(rng.choice(("text", "number", "word", "mark")))
    tokens.insert(place, rng.choice(known) if known and rng.random() < 0.5 else rng.choice(HOSTILE))


def _cut(tokens: list[str], place: int, rng: random.Random, others: Tokens) -> None:
    del rng, others
    del tokens[place:]


_CHANGES = (_replace_value, _replace_value, _replace_value, _replace, _drop, _repeat, _swap, _insert, _cut)
