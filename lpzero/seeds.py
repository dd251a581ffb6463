"""Seeds: one for each purpose, derived from the run's, so that neither depends on the order of the work."""

from __future__ import annotations

import hashlib


def derived_seed(seed: int, *names: str) -> int:
    """A seed of 63 bits for one purpose, from the run's seed and the names of the purpose."""
    text = "/".join((str(seed), *names)).encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big") >> 1
