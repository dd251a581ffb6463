"""What a LLaMA space costs without a model: drawing, validating and costing architectures up to 7B."""

from __future__ import annotations

import argparse
import resource
import sys
import time

import numpy as np
from record import record

from lpzero.spaces.llama.plan import BASES
from lpzero.spaces.llama.space import Llama

TOKENS = 2048


def main() -> None:
    """Measure and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--architectures", type=int, default=1000)
    parser.add_argument("--protocol", choices=tuple(BASES), default="7b")
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    space, seconds, parameters = Llama(options.protocol), [], []
    for repeat in range(options.repeat):
        rng, started = np.random.default_rng(repeat), time.perf_counter()
        for _ in range(options.architectures):
            architecture = space.sample(rng)
            space.validate(architecture)
            parameters.append(space.parameter_counts(architecture)["total"])
            space.flops(architecture, TOKENS)
            space.key(architecture)
            space.model_key(architecture)
        seconds.append(time.perf_counter() - started)
    # kilobytes on Linux
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    low, median, high = np.quantile(seconds, [0, 0.5, 1]).tolist()
    record(
        f"llama-space-{options.protocol}",
        " ".join(["python benchmarks/llama_space.py", *sys.argv[1:]]),
        ["architectures", "seconds, fastest", "seconds, median", "seconds, slowest", "peak MiB of the process"],
        [[options.architectures, low, median, high, peak]],
        repeats=options.repeat,
        parameters=f"{min(parameters):,} to {max(parameters):,}",
        tokens_of_a_pass=TOKENS,
    )


if __name__ == "__main__":
    main()
