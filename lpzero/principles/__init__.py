"""Design principles: what good architectures have in common, as rules that a machine checks."""

from __future__ import annotations

from lpzero.principles.check import check, hard_rules, refuse_unusable
from lpzero.principles.contrast import Contrast, contrast, sizes_of
from lpzero.principles.document import Principle, Principles
from lpzero.principles.file import check_against, read_principles, write_principles
from lpzero.principles.greedy import Limits
from lpzero.principles.language.columns import Columns
from lpzero.principles.language.feature import Feature, declared, digest_of_space
from lpzero.principles.language.holds import hold_all, holds
from lpzero.principles.language.rule import Rule, as_text
from lpzero.principles.mining import measured, mine
from lpzero.principles.remaining import Remaining, remaining

__all__ = [
    "Columns",
    "Contrast",
    "Feature",
    "Limits",
    "Principle",
    "Principles",
    "Remaining",
    "Rule",
    "as_text",
    "check",
    "check_against",
    "contrast",
    "declared",
    "digest_of_space",
    "hard_rules",
    "hold_all",
    "holds",
    "measured",
    "mine",
    "read_principles",
    "refuse_unusable",
    "remaining",
    "sizes_of",
    "write_principles",
]
