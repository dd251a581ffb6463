"""The final reports of an evolution: one for each table that it was searched on, and for each that was held out."""

from __future__ import annotations

from typing import Any

from lpzero.engines import Engine
from lpzero.evolution.config import EvolveConfig
from lpzero.evolution.discovery.candidate import Candidate
from lpzero.evolution.discovery.report import Report, baseline_names, beside_figures, final_report, readable, unjudged
from lpzero.evolution.discovery.setting import Setting
from lpzero.evolution.together import Together
from lpzero.progress import Watch, counting
from lpzero.proxy import Proxy, load_proxy
from lpzero.proxy.controls import Control, Labelled, transferred_controls
from lpzero.proxy.discovery import TableFigures
from lpzero.proxy.score import directed, score_architectures


def final_reports(
    chosen: Candidate, together: Together, *, engine: Engine, watch: Watch
) -> tuple[Report, list[TableFigures], list[TableFigures]]:
    """Score the chosen formula exactly on every table, and judge it.

    Args:
        chosen: What the search chose.
        together: The tables.
        engine: Where the work runs; the result does not depend on it.
        watch: Told how it goes.

    Returns:
        The report of the first table, the figures of the others, and those of the tables that were held out; where the
        settings judge these alone, the first has no figures, and there are none of the others.

    Raises:
        NoResultError: The formula ranks nothing on the sealed test of a table, or hardly any of it could be read.
    """
    labelled = [
        Labelled(setting.space, setting.seen_architectures, setting.table.oriented[setting.seen])
        for setting in together.settings
    ]
    held_out = [_held_out(chosen, setting, labelled, engine, watch) for setting in together.held_out]
    if together.config.judge == "held_out":
        return unjudged(chosen, together.first), [], held_out
    progress = counting(watch, "testing")
    first, *others = (final_report(chosen, setting, engine=engine, progress=progress) for setting in together.settings)
    beside = [
        TableFigures(
            **_of(setting),
            search=report.best.search,
            validation=report.best.validation,
            test=report.best.test,
            baselines=report.baselines,
            left_out=report.left_out,
        )
        for setting, report in zip(together.settings[1:], others, strict=True)
    ]
    return first, beside, held_out


def _of(setting: Setting[EvolveConfig]) -> dict[str, Any]:
    table, space = setting.table, setting.space
    return {"table": table.name, "space": space.name, "protocol": space.protocol, "table_sha256": table.digest}


def _held_out(
    chosen: Candidate, setting: Setting[EvolveConfig], labelled: list[Labelled], engine: Engine, watch: Watch
) -> TableFigures:
    """The formula on a table that nothing has looked at, beside controls that have the labels of the others.

    One that has no value for some of its models does not transfer there, which is a result.
    """
    space, records, tested = setting.space, setting.table.records, setting.held_out
    best = Proxy(str(chosen.formula), chosen.formula, None, chosen.higher_is_better)
    proxies = [best, *(load_proxy(name) for name in baseline_names(space))]
    scored = score_architectures(
        space,
        [records[i].architecture for i in tested],
        proxies,
        setting.probe,
        engine=engine,
        progress=counting(watch, f"testing on {setting.table.name}"),
    )
    rows = dict(zip(tested, scored, strict=True))
    test, left_out = readable(setting, {i: row[0] for i, row in rows.items()}, "held_out")
    scores = [directed([rows[i][number] for i in test], proxy) for number, proxy in enumerate(proxies)]
    controls: list[Control] = transferred_controls(labelled, space, [records[i].architecture for i in test])
    sealed = beside_figures(setting, test, scores, proxies, controls, needed=False)
    return TableFigures(**_of(setting), test=sealed.test, baselines=sealed.baselines, left_out=left_out)
