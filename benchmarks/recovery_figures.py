"""What a short recovery is worth, for the page of figures."""

from __future__ import annotations

from record import RESULTS
from records import grid, recorded

COLUMNS = ("before", "after", "other text, before", "other text, after")


def recovery_section() -> list[str]:
    """What a recovery is worth, how far the default choice comes with it, and what predicts it."""
    return [*_whole_layers(), *_step(), *_reach(), *_alike(), *_elastic(), *_what_recovers()]


def _step() -> list[str]:
    """How long a step takes, beside one by the plain formulas."""
    if not (RESULTS / "recovery-step.json").exists():
        return []
    record = recorded("recovery-step")
    facts = record.document
    rows = [[row[0], *(f"{cell:.2f}" for cell in row[1:4]), row[4]] for row in facts["rows"]]
    return [
        "## A step of recovery",
        "",
        f"{facts['checkpoint']}, whole, {facts['windows_a_step']} windows of {facts['tokens_a_window']} tokens a step;",
        f"threads: {facts['threads']}. Both kinds of steps in turns, so that the ratio is of the same minutes: what is",
        "learned from by the plain formulas and autograd, and read a few positions at a time.",
        f"By {record.command}.",
        "",
        *grid(facts["header"], rows),
    ]


def _reach() -> list[str]:
    """The default choice of 106.2 million parameters: cut, refitted, recovered."""
    if not (RESULTS / "compress-reach.json").exists():
        return []
    record = recorded("compress-reach")
    columns = [name for name in record.document["header"] if name.startswith("loss")]
    rows = [[row["model"], *(f"{row[name]:.3f}" for name in columns)] for row in record.rows()]
    return [
        "## The default choice, recovered",
        "",
        f"SmolLM2-135M-Instruct, {record.document['parameters'] / 1e6:.1f} million parameters stay, as",
        "`lpzero compress --max-params 106.2M --recover` does it: WikiText-2 test to choose by, to refit and to",
        f"learn from, its end and WikiText-2 valid to judge by. Losses are {record.document['loss']}.",
        f"By {record.command}.",
        "",
        *grid(["model", *columns], rows),
    ]


def _alike() -> list[str]:
    """What is chosen and whole layers dropped, both refitted and recovered, at several sizes."""
    if not (RESULTS / "compress-alike.json").exists():
        return []
    record = recorded("compress-alike")
    header, losses, times = record.document["header"], ("cut", "refitted", "recovered"), "ms of whole layers dropped"
    rows = [
        [
            row["limit"],
            row["way"],
            row["parameters"],
            *(f"{row[name]:.3f}" for name in losses),
            *([f"{row[name]:.0f}" for name in ("ms", times)] if row["ms"] else ["", ""]),
        ]
        for row in record.rows()
    ]
    return [
        "## What is chosen and whole layers dropped, treated alike",
        "",
        "SmolLM2-135M-Instruct within limits on its parameters; `chosen, as fast` is chosen within the time for a",
        "window that the one without whole layers takes, of any size. All are refitted and learn on the same windows:",
        f"{record.document['learned']}.",
        f"Losses are {record.document['loss']}. Times are milliseconds, {record.document['ms']}.",
        f"By {record.command}.",
        "",
        *grid(header, rows),
    ]


def _elastic() -> list[str]:
    """Whether an adapter that learns to be cut helps at equal cost."""
    if not (RESULTS / "compress-elastic.json").exists():
        return []
    record = recorded("compress-elastic")
    header = record.document["header"]
    rows = [[cell if isinstance(cell, str) else f"{cell:.3f}" for cell in row] for row in record.document["rows"]]
    return [
        "## An adapter that learns to be cut, at equal cost",
        "",
        f"SmolLM2-135M-Instruct within {record.document['limit'] / 1e6:.1f} million parameters, as",
        "`lpzero compress --elastic STEPS --recover STEPS` does it.",
        f"Losses are {record.document['loss']}; {record.document['learned']}.",
        f"By {record.command}.",
        "",
        *grid(header, rows),
    ]


WHAT_RECOVERS = ("what-recovers", "what-recovers-smollm2")


def _what_recovers() -> list[str]:
    """What ranks sub-networks of equal size by their loss after a recovery, of each checkpoint that was looked at."""
    names = [name for name in WHAT_RECOVERS if (RESULTS / f"{name}.json").exists()]
    found = [line for name in names for line in ("", *_ranking(name))]
    return ["## What predicts a recovery", *found] if found else []


def _ranking(name: str) -> list[str]:
    record = recorded(name)
    noise, medians, facts = (record.document[name] for name in ("noise", "medians", "settings"))
    every = {row["what"]: row for row in record.rows() if row["seed"] == "all"}
    rows = [
        [
            name,
            *([f"{every[name]['tau-a']:.3f}", every[name]["95 %"]] if name in every else ["-", "-"]),
            f"{median:.3f}",
        ]
        for name, median in medians.items()
    ]
    low, high = record.document["after"]
    return [
        f"{record.document['sub_networks']} sub-networks of {record.document['checkpoint']}, of at most",
        f"{facts['max_params']:,.0f} parameters, each after {facts['steps']} steps of recovery:",
        f"losses from {low:.3f} to {high:.3f}, the full model {record.document['full']:.3f}.",
        f"Between seeds the standard deviation is {noise['sd']:.4f}, the ceiling of tau-a {noise['ceiling']:.3f}.",
        "Sealed: the median over seeds of evolutions, on the records that neither formula nor regression has seen.",
        f"By {record.command}.",
        "",
        *grid(["what", "tau-a, all", "95 %", "sealed, median"], rows),
    ]


def _whole_layers() -> list[str]:
    """A checkpoint without whole layers before and after, and the full one treated alike."""
    if not (RESULTS / "compress-recovery.json").exists():
        return []
    record, rows = recorded("compress-recovery"), []
    steps, loss, other, learned = (record.document[name] for name in ("steps", "loss", "other", "learned"))
    for row in record.rows():
        losses = [f"{row[name]:.3f}" for name in COLUMNS]
        rows.append([row["model"], row["parameters"], f"{row['weight of the language loss']:g}", *losses])
    header = ["model", "parameters", "weight of the language loss", *COLUMNS]
    return [
        "## Recovery of a compressed checkpoint",
        "",
        f"SmolLM2-135M-Instruct, {steps} steps of {learned}.",
        f"Losses are {loss};",
        f"the other text is {other}. The full checkpoint",
        "has nothing to learn of its own answers: they only shake it, since AdamW makes steps of what is rounded;",
        "and what the text's own loss wins there is the text's, and no recovery.",
        f"By {record.command}.",
        "",
        *grid(header, rows),
    ]
