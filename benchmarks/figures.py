"""Write the figures of the documentation from the records: ``docs/figures.md``, and the table of README.

``--check`` writes nothing, and fails where a page and the records differ. A figure that has no record has no row.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compress_figures import compress_section
from hat_mt_figures import translation_section
from predictor_figures import predictor_section
from principle_figures import principles_section
from record import RESULTS
from records import brief, grid, over, recorded, short
from recovery_figures import recovery_section
from schedule_figures import schedule_section
from speed_figures import SPEED
from suggest_figures import suggest_section
from taught_figures import taught_section

ROOT = Path(__file__).resolve().parents[1]
PAGE, README = ROOT / "docs" / "figures.md", ROOT / "README.md"
BEGIN, END = "<!-- figures: python benchmarks/figures.py -->", "<!-- end of figures -->"
NONE = "-"


HEADER = ["what", "tau-a", "95 %", "strongest baseline without labels", "spec_ridge", "shape_quadratic"]
MATCHED = ["at matched size", "95 %", "that baseline", "spec_ridge", "shape_quadratic"]


@dataclass(frozen=True)
class Sealed:
    """Formulas on the sealed test, as ``sealed.py`` recorded them.

    Attributes:
        what: What they were found by and on.
        name: Name of the record.
    """

    what: str
    name: str

    def by(self, kind: str) -> list[dict[str, Any]]:
        """The rows of one kind, one a seed."""
        return [row for row in recorded(self.name).rows() if row["what"].split(":")[0] == kind]

    def column(self, kind: str, column: str) -> str:
        """A column of it over the seeds."""
        return over([row[column] for row in self.by(kind)])

    def middle(self, column: str) -> str:
        """An interval: that of the median seed."""
        rows = sorted(self.by("formula"), key=lambda row: row["tau-a"])
        return brief(rows[(len(rows) - 1) // 2][column])

    def named(self) -> str:
        """The strongest baselines, one a seed where they differ."""
        return ", ".join(dict.fromkeys(row["what"].removeprefix("baseline: ") for row in self.by("baseline")))

    def row(self) -> list[str]:
        """The row of the page."""
        labels, seeds = self.by("formula")[0]["labels"], len(self.by("formula"))
        n = recorded(self.name).document["architectures"]
        what = f"{self.what}; {labels} labels, {n} architectures, {seeds} seed{'s' if seeds > 1 else ''}"
        return [
            *(what, self.column("formula", "tau-a"), self.middle("95 %")),
            f"{self.column('baseline', 'tau-a')} ({self.named()})",
            *(self.column(kind, "tau-a") for kind in ("spec_ridge", "shape_quadratic")),
            *(self.column("formula", "matched size"), self.middle("its 95 %")),
            *(self.column(kind, "matched size") for kind in ("baseline", "spec_ridge", "shape_quadratic")),
            recorded(self.name).command,
        ]

    def differences(self) -> list[str]:
        """How often it is better or worse, surely, than each of what stands beside it."""
        cells = [self.what]
        for kind in ("baseline", "spec_ridge", "shape_quadratic"):
            for difference, p in (("formula less this", "p (Holm)"), ("at matched size", "its p (Holm)")):
                rows = [row for row in self.by(kind) if row[difference] != NONE]
                sure = [row for row in rows if row[p] < 0.05]
                better, worse = sum(r[difference] > 0 for r in sure), sum(r[difference] < 0 for r in sure)
                cells.append(f"{over([row[difference] for row in rows], '+')}; {better} better, {worse} worse")
        return cells


SEALED = (
    Sealed("`evolve`, FlexiBERT on GLUE, protocol `trained`", "sealed-evolve-flexibert-glue-trained"),
    Sealed("`evolve`, FlexiBERT on GLUE, protocol `listed`", "sealed-evolve-flexibert-glue-listed"),
    Sealed("`evolve`, GPT-2 on WikiText-103", "sealed-evolve-gpt2-wt103-lts"),
    Sealed("`evolve`, Transformer-XL on WikiText-103", "sealed-evolve-transxl-wt103-lts"),
    Sealed("`evolve`, `flexibert-own`", "sealed-flexibert-own"),
    Sealed("`evolve`, `gpt2-own`", "sealed-gpt2-own-typed"),
    Sealed("`evolve`, sub-networks of a small LLaMA (`llama-own`)", "sealed-llama-own-typed"),
    Sealed(
        "`enumerate`, the paper's grammar on the published models (`legacy`)", "sealed-enumerate-flexibert-glue-legacy"
    ),
    Sealed("`enumerate`, `gpt2-own`", "sealed-enumerate-gpt2-own-own"),
    Sealed("weighted sums, GPT-2 on WikiText-103", "sealed-weighted-gpt2-wt103-lts"),
    Sealed("weighted sums, Transformer-XL on WikiText-103", "sealed-weighted-transxl-wt103-lts"),
    Sealed("weighted sums, FlexiBERT on GLUE, protocol `trained`", "sealed-weighted-flexibert-glue-trained"),
    Sealed("weighted sums, `gpt2-own`", "sealed-weighted-gpt2-own-own"),
    Sealed("weighted sums, `flexibert-own`", "sealed-weighted-flexibert-own-own"),
    Sealed("weighted sums, sub-networks of a small LLaMA (`llama-own`)", "sealed-weighted-llama-own-own"),
)


NEWCOMER = ("sealed-weighted-gpt2-wt103-lts", "sealed-evolve-flexibert-glue-trained", "sealed-weighted-llama-own-own")
"""Which of them README shows."""


def sealed_section() -> list[str]:
    """Formulas on the sealed test."""
    there = [one for one in SEALED if (RESULTS / f"{one.name}.json").exists()]
    beside = ["baseline", "spec_ridge", "shape_quadratic"]
    header = ["formula less ...", *(f"{name}{at}" for name in beside for at in ("", ", matched size"))]
    loss = next(row for row in recorded("sealed-llama-own-typed").rows() if row["what"] == "text_loss")
    return [
        "## Formulas on the sealed test",
        "",
        "Median over the seeds, lowest and highest in parentheses; the intervals are those of the median seed. Every",
        "formula was chosen on as many labels as the two regressions got, and all are ranked on the same sealed",
        "architectures.",
        "",
        *grid([*HEADER, *MATCHED, "command"], [one.row() for one in there]),
        "How much better the formula is, over the seeds, and for how many of them surely (p < .05 after Holm):",
        "",
        *grid(header, [one.differences() for one in there]),
        f"Of the sub-networks of the small LLaMA the loss on a batch of text has {short(loss['tau-a'])}",
        f"{brief(loss['95 %'])}, and at matched size {short(loss['matched size'])} {brief(loss['its 95 %'])}.",
        "",
    ]


UNSEEN = (("decoders", "universal-decoder"), ("encoders", "universal-encoder"))


def unseen_section() -> list[str]:
    """What was found on other tables, on one that nobody has labels of."""
    lines = [
        "## Tables without labels",
        "",
        "Each table left out in turn: the weighted sum that was found on the others, the strongest count or hand-made",
        "proxy of that table, and the quadratic in the shape that was fitted to the labels of the others.",
        "",
    ]
    header = ["left out", "architectures", *HEADER[1:4], "shape_quadratic", *MATCHED[:3], "shape_quadratic"]
    for what, name in UNSEEN:
        if not (RESULTS / f"{name}.json").exists():
            continue
        record, rows = recorded(name), []
        tables = dict.fromkeys(row["left out"] for row in record.rows())
        for table in tables:
            by = {row["what"].split(":")[0]: row for row in record.rows(**{"left out": table})}
            formula, count, quadratic = (by[kind] for kind in ("formula", "baseline", "shape_quadratic"))
            named = count["what"].removeprefix("baseline: ")
            rows.append(
                [
                    *(f"`{table}`", str(formula["architectures"]), short(formula["tau-a"]), brief(formula["95 %"])),
                    *(f"{short(count['tau-a'])} ({named})", short(quadratic["tau-a"])),
                    *(short(formula["matched size"]), brief(formula["its 95 %"])),
                    *(short(one["matched size"]) for one in (count, quadratic)),
                ]
            )
        facts = record.document
        for place, end in (("mean", "mean"), ("worst", "worst")):
            one, other = (facts[f"{kind}_{end}"] for kind in ("formula", "shape_quadratic"))
            close, beside = (facts[f"{kind}_matched_{end}"] for kind in ("formula", "shape_quadratic"))
            free = _best_over_tables(facts)
            named = f"{short(facts[f'{free}_{end}'])} ({free})"
            row = [place, NONE, short(one), NONE, named, short(other), short(close), NONE]
            rows.append([*row, f"{short(facts[f'{free}_matched_{end}'])} ({free})", short(beside)])
        lines += [f"{what.capitalize()}, by {record.command}:", "", *grid(header, rows)]
    return lines


def _best_over_tables(facts: dict[str, Any]) -> str:
    """The count or hand-made proxy that ranks all tables best at matched size, on the average."""
    means = {name.removesuffix("_matched_mean"): mean for name, mean in facts.items() if name.endswith("_matched_mean")}
    return max(means.keys() - {"formula", "shape_quadratic"}, key=lambda name: means[name])


def whole_section() -> list[str]:
    """Counts and proxies on tables that they were not chosen on."""
    record, rows = recorded("ranked"), []
    for row in record.rows(**{"labels of controls": 0}):
        if row["what"].startswith("control"):
            continue
        place = {"table": row["table"], "protocol": row["protocol"]}
        beside = {r["what"].split(":")[0].removeprefix("control "): r for r in record.rows(**place, **_LABELLED)}
        count = next(r for r in record.rows(**place, **_LABELLED) if r["what"].startswith("control strongest_count"))
        name = count["what"].removeprefix("control strongest_count: ")
        ridge, quadratic = beside["spec_ridge"], beside["shape_quadratic"]
        rows.append(
            [
                f"`{row['what']}` on {row['table']}, protocol {row['protocol']}",
                *(short(row["tau-a"]), brief(row["95 %"]), f"{short(row['tau-b'])} / {short(row['rho'])}"),
                f"{short(count['tau-a'])} ({name})",
                *(short(one["tau-a"]) for one in (ridge, quadratic)),
                *(short(row["matched size"]), brief(row["its 95 %"])),
                *(short(one["matched size"]) for one in (count, ridge, quadratic)),
            ]
        )
    header = ["what", "tau-a", "95 %", "tau-b / rho", *HEADER[3:], *MATCHED]
    return [
        "## Whole tables",
        "",
        f"All architectures of a table, by {record.command}. The regressions got 100 labels, and they and the",
        "strongest count are ranked on the rest.",
        "",
        *grid(header, rows),
    ]


_LABELLED = {"labels of controls": 100}
RANDOM = (
    ("GPT-2 on WikiText-103", "random-search-gpt2-wt103-lts"),
    ("FlexiBERT on GLUE", "random-search-flexibert-glue-trained"),
    ("`gpt2-own`", "random-search-gpt2-own-own"),
    ("`llama-own`", "random-search-llama-own-own"),
)


def evolution_section() -> list[str]:
    """Evolution beside random search."""
    rows = []
    for what, name in RANDOM:
        if not (RESULTS / f"{name}.json").exists():
            continue
        record = recorded(name)
        for row in record.rows():
            less = f"{short(row['less, mean'], '+')} [{short(row['low'], '+')}, {short(row['high'], '+')}]"
            rows.append(
                [what, row["search"], str(row["splits"]), short(row["mean"]), row["less"], less, record.command]
            )
    return [
        "## Evolution beside random search",
        "",
        "Tau-a on the architectures that a search did not see, mean over splits, on sketches; as many evaluated",
        "formulas for each. Differences are paired by split, with intervals of 95 %.",
        "",
        *grid(["table", "search", "splits", "tau-a", "less", "difference", "command"], rows),
    ]


def search_section() -> list[str]:
    """Architecture search on published tables."""
    rows = []
    for what, name in (("GPT-2", "search-gpt2-wt103-lts"), ("FlexiBERT", "search-flexibert-glue-trained")):
        record = recorded(name)
        for row in record.rows():
            less = [row[f"guided less this, mean regret{end}"] for end in ("", ": low", ": high")]
            shown = NONE if less[0] == NONE else "{:+.2f} [{:+.2f}, {:+.2f}]".format(*less)
            regret = f"{row['mean regret']:.2f}"
            top = f"{row['mean top %']:.1f} %"
            rows.append([what, row["limit"], row["scored"], row["pick"], regret, top, shown, record.command])
    return [
        "## Search on published tables",
        "",
        "What a search picks among the architectures that its proxy was not chosen on, 20 seeds: mean regret in the",
        "unit of the quality, mean rank in per cent, and the mean regret of `guided` less each, paired by seed.",
        "",
        *grid(["table", "limit", "scored", "pick", "mean regret", "mean top", "guided less this", "command"], rows),
    ]


def proof_section() -> list[str]:
    """Searches proved by training."""
    rows = []
    for what, name in (("GPT-2", "verify-gpt2"), ("FlexiBERT", "verify-flexibert")):
        if not (RESULTS / f"{name}.json").exists():
            continue
        record = recorded(name)
        for row in record.rows(**{"search seed": "all"}):
            less = f"{row['found less this']} {row['interval of 95 %']}" if row["found less this"] != NONE else NONE
            trained = str(row["trained"])
            rows.append([what, row["params up to"], row["group"], trained, row["mean loss"], less, record.command])
    return [
        "## Searches proved by training",
        "",
        "Validation loss, in nats a byte, of what searches under a limit on parameters found, all seeds together,",
        "and of as many others: random ones, those that the strongest count finds, and the largest.",
        "",
        *grid(["space", "params up to", "group", "trained", "mean loss", "found less this", "command"], rows),
    ]


def page() -> str:
    """The whole page."""
    lines = [
        "# Figures",
        "",
        "Every figure with its record, written by `python benchmarks/figures.py`; the suite checks that page and",
        "records agree.",
        "What the columns mean is said in [how to read a report](howto/report.md#read-the-statistics).",
        "",
        *sealed_section(),
        *unseen_section(),
        *whole_section(),
        *evolution_section(),
        *search_section(),
        *predictor_section(),
        *schedule_section(),
        *compress_section(),
        *recovery_section(),
        *proof_section(),
        *translation_section(),
        *taught_section(),
        *suggest_section(),
        *principles_section(),
        "## Speed and robustness",
        "",
        "These are no rankings, and have no controls.",
        "",
        *grid(["what", "figure", "command"], [one.row() for one in SPEED]),
    ]
    return "\n".join(lines).rstrip() + "\n"


def newcomer() -> str:
    """The table of README: six figures, each with its control."""
    header = ["what", "figure [95 %]", "strongest baseline without labels", "regressions, same labels"]
    rows = []
    named = {one.name: one for one in SEALED}
    for one in (named[name] for name in NEWCOMER):
        what, tau, interval, baseline, ridge, quadratic, close, close_interval, *beside, command = one.row()
        controls = "baseline {}; regressions {}, {}".format(*beside)
        row = [what, f"tau-a {tau} {interval}", baseline, f"{ridge}; quadratic {quadratic}"]
        rows.append([*row, f"**{close}** {close_interval}; {controls}", command])
    rows += [_random_row(), _search_row(), _speed_row()]
    return "\n".join(grid([*header, "at matched size", "command"], rows)).rstrip()


def _random_row() -> list[str]:
    found, fewest = [], 0
    for table, protocol in (("gpt2-wt103", "lts"), ("gpt2-own", "own"), ("llama-own", "own")):
        record = recorded(f"random-search-{table}-{protocol}")
        (row,) = record.rows(search="evolution from random formulas", less="random search")
        ends = f"[{short(row['low'], '+')}, {short(row['high'], '+')}]"
        found.append(f"`{table}` {short(row['less, mean'], '+')} {ends}")
        fewest = min(row["splits"], fewest or row["splits"])
    what = f"evolution from random formulas less random search, as many evaluations, {fewest} splits a table"
    command = "python benchmarks/random_search.py --table TABLE --space SPACE --protocol PROTOCOL --seed 12 --splits 20"
    return [what, "; ".join(found), NONE, NONE, NONE, f"`{command}`"]


def _search_row() -> list[str]:
    record = recorded("search-gpt2-wt103-lts")
    limited = [row for row in record.rows() if row["limit"] != "none"]
    by = {row["pick"].split(" (")[0]: row for row in limited}
    others = ("best of all by spec_ridge", "best of all by the proxy")
    count = next(name for name in by if name.startswith("best of all by") and name not in others)
    guided, ridge = by["guided"], by["best of all by spec_ridge"]
    low, high = (by["random"][f"guided less this, mean regret: {end}"] for end in ("low", "high"))
    less = by["random"]["guided less this, mean regret"]
    figure = f"mean regret {guided['mean regret']:.2f}; less random search {less:+.2f} [{low:+.2f}, {high:+.2f}]"
    what = f"`search` on GPT-2's table, smaller half by parameters, {guided['scored']} scored, 20 seeds, perplexity"
    beside = f"{by[count]['mean regret']:.2f} ({count.removeprefix('best of all by ')}, of all); the largest "
    beside += f"{by['largest of all']['mean regret']:.2f}"
    return [what, figure, beside, f"{ridge['mean regret']:.2f}", NONE, record.command]


def _speed_row() -> list[str]:
    run, naive = SPEED[0].row(), SPEED[3].row()
    return [run[0], f"{run[1]}; {naive[1]} the formulas a CPU second of a naive evaluator", NONE, NONE, NONE, run[2]]


def with_table(text: str) -> str:
    """README with the table between its marks."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{newcomer()}\n{END}{after}"


def main() -> None:
    """Write the pages, or check them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="Write nothing, and fail where a page differs.")
    options = parser.parse_args()
    wanted = {PAGE: page(), README: with_table(README.read_text(encoding="utf-8"))}
    differing = 0
    for path, text in wanted.items():
        found = path.read_text(encoding="utf-8") if path.exists() else ""
        if not options.check:
            path.write_text(text, encoding="utf-8")
        elif found != text:
            differing += 1
            lines = difflib.unified_diff(found.splitlines(), text.splitlines(), path.name, "records", n=0, lineterm="")
            print(*lines, sep="\n")
    sys.exit(1 if differing else 0)


if __name__ == "__main__":
    main()
