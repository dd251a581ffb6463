"""The features of a predictor as a user lists them."""

from __future__ import annotations


def features_of(text: str) -> list[str]:
    """The names between commas; commas inside the brackets of a formula are its own.

    >>> features_of("spec, max_tokens(a, b)")
    ['spec', 'max_tokens(a, b)']
    """
    parts, depth = [""], 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts if part.strip()]
