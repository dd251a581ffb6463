"""Search architectures with a proxy, without training any."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from lpzero.api.long_run import (
    begin_or_resume,
    free_path,
    refuse_beside,
    refuse_beside_resume,
    whole,
    working,
    writable_cache,
)
from lpzero.api.schedule import is_scheduled, search_by_schedule
from lpzero.api.setup import loaded_proxies, resolve_device, several, table_space
from lpzero.engines import Workers
from lpzero.errors import InputError
from lpzero.nas.config import SearchConfig
from lpzero.nas.defaults import SAMPLES
from lpzero.nas.folder import SearchRunFolder
from lpzero.nas.result import SearchResult
from lpzero.nas.run import execute
from lpzero.nas.setting import Judge, SearchSetting, prepare
from lpzero.principles.refined import refined_by_file
from lpzero.progress import Watch, unwatched
from lpzero.proxy import USUAL, Proxy
from lpzero.proxy.exclusion import chosen_on
from lpzero.settings import check_settings
from lpzero.spaces import get_space, space_names
from lpzero.spaces.space import SearchSpace
from lpzero.tables import TABLES, Table, load_table

_LOG = logging.getLogger(__name__)


def search(
    proxies: str | Path | Proxy | Sequence[str | Path | Proxy] = (),
    *,
    space: str | Path | None = None,
    protocol: str | None = None,
    model: str | Path | None = None,
    calibration: str | Path | None = None,
    table: str | Path | None = None,
    schedule: str | Path | None = None,
    limits: Mapping[str, float] | None = None,
    samples: int | None = None,
    budget: float | None = None,
    corpus: str | Path | None = None,
    validation: str | Path | None = None,
    principles: str | Path | None = None,
    device: str | None = None,
    output: str | Path | None = None,
    resume: str | Path | None = None,
    workers: Workers = Workers(),  # noqa: B008  (a frozen value)
    watch: Watch = unwatched,
    **settings: Any,
) -> SearchResult:
    """Search architectures with a proxy, without training any: ``lpzero search``.

    Args:
        proxies: One or several, as of :func:`lpzero.rank`; several are combined by their mean rank. Without any,
            ``snip`` on spaces of untrained decoders, where no table is named.
        space: Name of the search space, or the path of a ``space.toml``; None for the table's.
        protocol: Which model an architecture stands for; None for the space's first, or the table's.
        model: The folder of a checkpoint of transformers, whose sub-networks are searched, of the units that
            :func:`lpzero.compress` cuts; their losses are measured, and the best is written with its weights.
        calibration: With ``model``, the text that its units are put in order by, and on whose end losses are measured.
        table: Pick among the architectures of this table alone, and say what they are worth.
        schedule: A ``schedule.toml`` that says which predictor scores from which iteration on; instead of ``proxies``,
            ``samples`` and ``budget``.
        limits: The highest costs, by name: params, nonembedding, bytes, flops, memory (bytes), latency (seconds).
        samples: Architectures to score, at least 1; 200 where nobody says, or no end with a budget.
        budget: Seconds to score in, random search included.
        corpus: The text that ``verify`` trains on.
        validation: The text that ``verify`` validates on.
        principles: A file of principles: candidates keep its hard rules, and soft ones weigh in what is drawn.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``; the first where nobody says.
        output: The run folder, a new one; None for one below ``runs``.
        resume: The folder of a search that was stopped; its settings stay as they are.
        workers: Where the work runs.
        watch: Told how it goes.
        settings: The other settings of :class:`lpzero.nas.config.SearchConfig`, or with a ``schedule`` of
            :class:`lpzero.nas.config.PoolConfig`.

    Returns:
        The result; with a ``schedule`` a :class:`lpzero.nas.schedule.result.ScheduleResult`.

    Raises:
        InputError: A setting is out of its range, a name is unknown, or the folder exists.
        MissingError: The table, the device or a text is not here.
        NoResultError: Nothing fits the limits, or no proxy scores what does.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as home:
    ...     result = search("depth", table="gpt2-own", samples=10, limits={"params": 400_000}, output=f"{home}/run")
    >>> result.scored, max(pick.costs["params"] for pick in result.best) <= 400_000
    (10, True)
    """
    if resume is not None:
        named = {"proxies": proxies or None, "space": space, "protocol": protocol, "model": model, "table": table}
        named |= {"schedule": schedule, "calibration": calibration}
        others: dict[str, Any] = {"limits": limits, "samples": samples, "budget": budget, "principles": principles}
        others |= {"corpus": corpus, "validation": validation, "device": device, "output": output}
        refuse_beside_resume({**named, **others, **settings})
    placed = partial(
        _placed, model, calibration, space, protocol, table, limits, corpus, validation, principles, device, watch
    )
    judging = partial(_judging, watch)
    if schedule is not None or (resume is not None and is_scheduled(resume)):
        given = {"proxies": proxies or None, "samples": samples, "budget": budget}
        refuse_beside("schedule", given, "its file says what scores, and how often")
        return search_by_schedule(
            schedule, placed, settings, output=output, resume=resume, workers=workers, watch=watch, judging=judging
        )
    loaded: dict[str, Any] = {}

    def begin() -> SearchConfig:
        place, measured, values = placed()
        chosen = tuple(loaded_proxies(several(proxies) or _usual(place, measured)))
        loaded.update(space=place, table=measured, proxies=chosen)
        given = {
            **settings,
            **values,
            "samples": SAMPLES if samples is None and budget is None else samples,
            "budget": budget,
            "left_out": [] if measured is None else _left_out(chosen, measured),
            "proxies": [p.metric or str(p.formula) for p in chosen],
            "names": [p.name for p in chosen],
            "higher_is_better": [p.higher_is_better for p in chosen],
        }
        return check_settings(SearchConfig, given)

    make, setting = begin_or_resume(
        SearchRunFolder,
        SearchConfig,
        resume=resume,
        begin=begin,
        prepare=lambda config, run: prepare(config, run, **loaded),
        path=lambda config, prepared: _free_path(config, prepared) if output is None else Path(output),
    )
    about = f"{setting.space.name}, protocol {setting.space.protocol}"
    with working("search", make, setting.config, about, workers) as (run, engine):
        if setting.config.left_out:
            number = len(setting.config.left_out)
            _LOG.info("%s architectures of the table are left out: the proxy was chosen on them", number)
        judge = judging(setting.space, setting.config.calibration)
        return execute(run, setting, engine=engine, watch=watch, judge=judge)


def _judging(watch: Watch, space: SearchSpace, calibration: str) -> Judge | None:
    """What measures losses of the sub-networks of a checkpoint on a text; None where there is no text."""
    if not calibration:
        return None
    from lpzero.compression.sub_networks.searched import judged
    from lpzero.compression.sub_networks.space import SubNetworks

    if not isinstance(space, SubNetworks):
        raise InputError(f"`calibration`: expected sub-networks of a checkpoint, found the space {space.name}")
    return partial(judged, space, Path(calibration), watch)


def _placed(
    model: str | Path | None,
    calibration: str | Path | None,
    space: str | Path | None,
    protocol: str | None,
    table: str | Path | None,
    limits: Mapping[str, float] | None,
    corpus: str | Path | None,
    validation: str | Path | None,
    principles: str | Path | None,
    device: str | None,
    watch: Watch,
) -> tuple[SearchSpace, Table | None, dict[str, object]]:
    """The space and the table of a search, and the settings that say where it picks and on what."""
    measured = None if table is None else load_table(str(table))
    place = _space(model, calibration, space, protocol, measured, limits or {}, watch)
    return (
        place,
        measured,
        {
            "limits": {cost: float(one) if isinstance(one, int) else one for cost, one in (limits or {}).items()},
            "corpus": "" if corpus is None else whole(corpus),
            "validation": "" if validation is None else whole(validation),
            "principles": None if principles is None else refined_by_file(place, principles).document,
            "checkpoint": "" if model is None else whole(model),
            "calibration": "" if calibration is None else whole(calibration),
            "space": place.reference,
            "protocol": place.protocol,
            "table": "" if table is None else str(table) if str(table) in TABLES else whole(table),
            "device": resolve_device(device or "auto"),
        },
    )


def _space(
    model: str | Path | None,
    calibration: str | Path | None,
    name: str | Path | None,
    protocol: str | None,
    table: Table | None,
    limits: Mapping[str, float],
    watch: Watch,
) -> SearchSpace:
    """The space of a search, which a checkpoint, a name, a file or a table says."""
    if model is not None:
        if (name, protocol, table) != (None, None, None):
            raise InputError("`model` is a space of its own: expected no `space`, `protocol` or `table` beside it")
        if not Path(model).is_dir():
            raise InputError(f"`model` {model}: expected the folder of a checkpoint, found none")
        if calibration is None:
            raise InputError(
                "`calibration` is missing: expected a text that the units of `model` are put in order by, and on whose "
                "end losses are measured (without a text, `space` is the folder of a LLaMA checkpoint, whose "
                "sub-networks are cut by the norms of weights)"
            )
        from lpzero.compression.sub_networks.searched import sub_networks_by_text

        return sub_networks_by_text(Path(whole(model)), Path(whole(calibration)), writable_cache(), limits, watch=watch)
    if calibration is not None:
        raise InputError("`calibration` has no effect without `model`: it is the text that a checkpoint is cut by")
    if table is not None:
        return table_space(table, None if name is None else str(name), protocol)
    if name is None:
        raise InputError(
            f"`space` is missing: expected one of {', '.join(space_names())}, a space.toml file, a `model` or a `table`"
        )
    return get_space(str(name), protocol)


def _usual(space: SearchSpace, table: Table | None) -> list[str]:
    """What decoders are searched by where nobody names a proxy."""
    if table is None and space.objective == "causal" and not space.pretrained:
        _LOG.info("no proxy is named: %s, which ranks tables of decoders best that nobody has labels of", USUAL)
        return [USUAL]
    why = "that of a table is its own" if table is not None else f"{space.name} is no space of untrained decoders"
    raise InputError(
        f"`proxies` is missing: expected a formula, a name, a file or a run ({USUAL} is no default here: {why}); "
        "`proxies` params counts alone"
    )


def _left_out(proxies: Sequence[Proxy], table: Table) -> list[str]:
    return sorted({name for proxy in proxies for name in chosen_on(proxy, table)})


def _free_path(config: SearchConfig, setting: SearchSetting) -> Path:
    """A folder that is not there yet, named after what is searched."""
    name = Path(config.table).name or setting.space.name
    return free_path(f"search-{name}-{config.protocol}-seed{config.seed}")
