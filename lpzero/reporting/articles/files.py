"""The articles of files: principles, kept predictors, and results that a command printed as JSON."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from lpzero.errors import InputError
from lpzero.predictors.kept.document import Document, PromptedDocument, StudentDocument
from lpzero.predictors.store import is_kept, read_predictor_document
from lpzero.principles import Principles, as_text, read_principles
from lpzero.principles.document import SCHEMA, Principle
from lpzero.reporting.articles.kept import DOCUMENTS
from lpzero.reporting.articles.pictured import pictured
from lpzero.reporting.blocks import Article, Block, Code, Facts, Grid, Section, Text
from lpzero.reporting.pictures import Interval
from lpzero.reporting.plots import of_intervals, two
from lpzero.reporting.repeat import command_line
from lpzero.settings import read_document, shorten


def article(path: Path, name: str) -> Article:
    """What is said of a file.

    Args:
        path: The file.
        name: What makes ids its own on the page.

    Raises:
        InputError: It holds nothing that lpzero keeps or prints, or it is damaged.
    """
    if path.suffix == ".toml":
        return _principles(path, read_principles(path), name)
    document = read_document(path)
    if document.get("schema") == SCHEMA:
        return _principles(path, read_principles(path), name)
    if is_kept(path):
        return _predictor(path, read_predictor_document(path, usable=False))
    for kind, command, said in DOCUMENTS:
        try:
            result = kind.model_validate(document)
        except ValidationError:
            continue
        return Article(path.name, command, "finished", {}, [Section("What was found", said(result, f"{name}-found"))])
    known = ", ".join(f"lpzero {command} --json" for _, command, _ in DOCUMENTS)
    raise InputError(
        f"{path}: expected principles, a kept predictor, or what one of {known} prints, found a document with "
        f"{shorten(sorted(document)[:5], 120)}"
    )


def _principles(path: Path, found: Principles, name: str) -> Article:
    source = found.source
    by = {"miner": "mined", "model": f"proposed by {source.model or 'a model'}", "person": "written by a person"}
    facts = {
        "space": found.space.name,
        "protocol": found.space.protocol,
        "by": by[source.by],
        "table": source.table,
        "top": None if source.top is None else f"{source.top} of {source.n} records",
        "at equal size within": source.at_size,
        "version": found.version,
        "seed": source.seed,
    }
    header = ["principle", "strength", "rule", "top", "all", "lift", "95 %", "by size alone", "chosen again"]
    blocks: list[Block] = [
        Text("The share of the top that keeps a rule against that of all records; lift is the one over the other."),
        *_lifts(found, name),
        Grid("The principles, with their evidence", header, [_principle(one) for one in found.principles], worked=True),
        Grid("In words", ["principle", "statement"], [[one.id, one.statement] for one in found.principles]),
    ]
    changes = [[one.id, str(change.version), change.reason] for one in found.principles for change in one.history]
    if changes:
        blocks.append(Grid("What became of them", ["principle", "version", "reason"], changes))
    check = [Code(command_line("principles", "check", path, "--space", found.space.name))]
    sections = [
        Section("What was found", [Facts(facts)]),
        Section("The principles", blocks),
        Section("How to check them", check),
    ]
    brief = {"space": found.space.name, "table": source.table, "principles": str(len(found.principles))}
    return Article(path.name, "principles", "finished", brief, sections)


def _lifts(found: Principles, name: str) -> list[Block]:
    rows = [
        Interval(one.id, one.evidence.lift, two(one.evidence.interval))
        for one in found.principles
        if one.evidence is not None and one.evidence.lift is not None
    ]
    if not rows:
        return []
    caption = "Lift of each rule in the source table, with its 95 % interval: 1 says nothing of the top."
    return [*pictured(of_intervals(rows, "lift", caption), f"{name}-lift")]


def _principle(one: Principle) -> list[str | None]:
    strength: str = one.status if one.status != "active" else one.strength
    if one.weight is not None:
        strength += f" x{one.weight:g}"
    row: list[str | None] = [one.id, strength, one.statement if one.rule is None else as_text(one.rule)]
    found = one.evidence
    if found is None:
        return [*row, *([None] * 6)]
    within = None if found.interval is None else f"{found.interval[0]:.2f} to {found.interval[1]:.2f}"
    numbers = [None if value is None else f"{value:.2f}" for value in (found.lift, found.size_lift)]
    again = None if found.stability is None else f"{found.stability:.0%}"
    return [*row, f"{found.support:.0%}", f"{found.base_rate:.0%}", numbers[0], within, numbers[1], again]


def _predictor(path: Path, found: Document) -> Article:
    facts: dict[str, object] = {
        "predictor": found.predictor,
        "space": f"{found.space}, protocol {found.protocol}",
        "direction": f"{'higher' if found.higher_is_better else 'lower'} is better",
        "told": ", ".join(found.features),
        "fitted to": f"{len(found.labels)} labels",
        "noise of one training": found.noise,
        "level of intervals": found.level,
        "models are shown": f"{found.probe.batch} x {found.probe.tokens} tokens, seed {found.probe.seed}",
    }
    if isinstance(found, StudentDocument):
        facts |= {"teacher": found.teacher, "student": found.kind, "taught": f"{found.learnt} architectures"}
    if found.plugins:
        facts["packages"] = ", ".join(f"{one.get('package')} {one.get('version')}" for one in found.plugins)
    if isinstance(found, PromptedDocument):
        facts |= {"quality": found.quality, "unit": found.unit}
    blocks: list[Block] = [
        Text("A file of a predictor says what it was fitted to, not how well it predicts: that is measured on others."),
        Facts(facts),
        Code(command_line("predictor", "eval", "--predictor", path, "--table", "TABLE")),
    ]
    proxies = [
        [one.name, one.formula or one.metric or "", "higher" if one.higher_is_better else "lower"]
        for one in found.proxies
    ]
    if proxies:
        blocks.append(Grid("Proxies among what it is told", ["proxy", "formula or metric", "better"], proxies))
    sections = [Section("What was fitted", blocks), Section("Environment", [Facts(found.versions)])]
    brief = {"space": found.space, "labels": str(len(found.labels))}
    return Article(path.name, "predictor", "finished", brief, sections)
