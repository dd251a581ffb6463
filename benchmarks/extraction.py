"""What extracting and sketching operands costs beside the bare forward and backward pass of the same models."""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable

import torch
from record import record

from lpzero.operands.extract import extract
from lpzero.operands.probe import Probe, probe_batch, untrained_model
from lpzero.operands.sketch import sketch
from lpzero.seeds import derived_seed
from lpzero.spaces import get_space
from lpzero.tables import get_entry, load_table


def seconds(work: Callable[[], object], repeats: int) -> float:
    """The median time of some work."""
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def main() -> None:
    """Measure and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", default="flexibert-glue")
    parser.add_argument("--protocol", default=None)
    parser.add_argument("--architectures", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(1)
    space, probe = get_space(get_entry(options.table).space, options.protocol), Probe()
    batch, steps = probe_batch(space, probe), ("bare pass", "extract", "extract and sketch", "build")
    ratios: dict[str, list[float]] = {step: [] for step in steps}
    for item in load_table(options.table).records[: options.architectures]:
        model, sites = untrained_model(space, item.architecture, probe)

        def bare() -> None:
            model(input_ids=batch.input_ids, labels=batch.labels).loss.backward()  # noqa: B023
            model.zero_grad()  # noqa: B023

        def sketched() -> object:
            seed = derived_seed(0, "sketch")
            return sketch(extract(model, sites, batch), elements=probe.elements, seed=seed)  # noqa: B023

        bare()
        reference = seconds(bare, options.repeats)
        ratios["bare pass"].append(1.0)
        ratios["extract"].append(seconds(lambda: extract(model, sites, batch), options.repeats) / reference)  # noqa: B023
        ratios["extract and sketch"].append(seconds(sketched, options.repeats) / reference)
        built = seconds(lambda: space.build(item.architecture, 0), options.repeats)  # noqa: B023
        ratios["build"].append(built / reference)
    rows = [[step, *(float(f(values)) for f in (min, statistics.median, max))] for step, values in ratios.items()]
    record(
        f"extraction-{options.table}-{space.protocol}",
        " ".join(["python benchmarks/extraction.py", *sys.argv[1:]]),
        ["step, in bare passes", "lowest", "median", "highest"],
        rows,
        architectures=options.architectures,
        threads=1,
    )


if __name__ == "__main__":
    main()
