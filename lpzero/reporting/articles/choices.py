"""The article of an evolution on tables of choices: what was found, and how it does where nothing had looked."""

from __future__ import annotations

from pathlib import Path

from lpzero.compression.choices.config import ChoicesConfig
from lpzero.compression.choices.evolving import ChoicesRunFolder
from lpzero.compression.choices.result import ChoicesResult, ChoicesTest
from lpzero.formula.grammar import UNITS_GRAMMAR
from lpzero.reporting.articles.shared import repeated_by
from lpzero.reporting.blocks import Article, Block, Code, Facts, Grid, Section, Text
from lpzero.reporting.cells import figure
from lpzero.reporting.repeat import choices_command, choices_forgotten, resume_of
from lpzero.reporting.standing import curve_of, read_events
from lpzero.run_folder import CONFIG
from lpzero.settings import read_document

COMMAND = "evolve"


def is_about_units(folder: Path) -> bool:
    """Whether a folder is the run of an evolution on tables of choices."""
    return (folder / CONFIG).is_file() and read_document(folder / CONFIG).get("grammar") == UNITS_GRAMMAR


def article(folder: Path) -> Article:
    """What is said of an evolution on tables of choices, finished or not.

    Raises:
        InputError: The folder is damaged.
    """
    run, config = ChoicesRunFolder.open(folder, ChoicesConfig)
    result, curve = run.read_result(), curve_of(read_events(folder))
    brief = {"evaluated": None if curve is None else f"{curve[0][-1]:,.0f}", "seed": str(config.seed)}
    if result is None:
        said: list[Block] = [
            Text(
                "This run has no result: it is still at work, or was stopped. Nothing here is a test of anything.", True
            ),
            Code(resume_of(COMMAND, folder)),
            Facts({"best tau-a on search": None if curve is None else f"{curve[1][-1]:.3f}"}),
        ]
        stands = [Section("Where it stands", said), _repeat(folder, config)]
        return Article(folder.name, COMMAND, "unfinished", brief, stands, curve)
    sections = [
        Section("What was found", _found(result)),
        Section("How it ranks what nothing had looked at", [_tested(test) for test in result.tests]),
        _repeat(folder, config),
    ]
    return Article(
        folder.name, COMMAND, "finished", {"formula": result.best.formula, **brief}, sections, curve, _judged(result)
    )


def _repeat(folder: Path, config: ChoicesConfig) -> Section:
    unsaid = choices_forgotten(config)
    return repeated_by(folder, choices_command(config), *([] if unsaid is None else [Text(unsaid, warning=True)]))


def _found(result: ChoicesResult) -> list[Block]:
    best = result.best
    rows = [[str(one.size), figure(one.both), one.direction, one.formula] for one in result.front]
    return [
        Code(best.formula),
        Facts(
            {
                "better": best.direction,
                "in nats": best.importance,
                "tau-a on search": figure(best.search),
                "tau-a on validation": figure(best.validation),
                "tables": ", ".join(result.tables),
                "formulas evaluated": f"{result.evaluated:,}",
                "stopped by": result.stopped_by,
            }
        ),
        Grid("The front; tau-a on search and validation", ["nodes", "tau-a", "better", "formula"], rows, worked=True),
    ]


def _tested(test: ChoicesTest) -> Grid:
    where = "sealed layers of" if test.sealed else "all measured layers, held out, of"
    rows = [
        [
            one.name,
            figure(one.tau_a),
            _ends(one.interval),
            figure(one.neurons),
            figure(one.groups),
            figure(one.versus.difference),
            _ends(one.versus.interval),
        ]
        for one in test.importances
    ]
    header = ["importance", "tau-a", "95 %", "tau-b, neurons", "tau-b, groups", "found less it", "95 % over layers"]
    return Grid(f"{test.n} replacements of {where} {test.checkpoint} ({test.table})", header, rows)


def _judged(result: ChoicesResult) -> tuple[float, float, float] | None:
    found = result.tests[0].importances[0]
    if found.tau_a is None or found.interval is None:
        return None
    return found.tau_a, found.interval[0], found.interval[1]


def _ends(interval: list[float] | None) -> str | None:
    return None if interval is None else f"{interval[0]:+.3f} to {interval[1]:+.3f}"
