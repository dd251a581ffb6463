"""Teach a student by what a predictor says of many architectures, and keep it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from lpzero.api.chosen import Wanted, opened
from lpzero.api.predict import describing_by, space_of_kept
from lpzero.api.predictor import described_by
from lpzero.api.setup import probe_of
from lpzero.engines import Workers
from lpzero.errors import InputError
from lpzero.operands.defaults import BATCH, TOKENS
from lpzero.predictors.calibrated import Scores
from lpzero.predictors.description import SPEC, Known, Source
from lpzero.predictors.distilled import MLP, NUMBER, STUDENTS, Student, draw_pool
from lpzero.predictors.distilled.agreement import agreement
from lpzero.predictors.labels import read_architectures
from lpzero.predictors.prediction import Fitted
from lpzero.predictors.prompted import Asker, Asking
from lpzero.predictors.result import DistillResult
from lpzero.predictors.store import Document, labels_kept, restored, save
from lpzero.progress import Progress, Watch, unwatched
from lpzero.proxy import load_proxy
from lpzero.seeds import derived_seed
from lpzero.spaces import get_space
from lpzero.spaces.architecture import Architecture
from lpzero.spaces.space import SearchSpace

HELD_OUT = 500
LEAST_TAUGHT = 6
"""Architectures that are taught for each one that is held out, at least, but for one."""


def distill_predictor(
    teacher: str | Path,
    architectures: str | Path | Sequence[Architecture] = (),
    *,
    output: str | Path,
    student: str = MLP,
    number: int | None = None,
    held_out: int = HELD_OUT,
    features: str | Sequence[str] = (SPEC,),
    asking: Asking | None = None,
    space: str | Path | None = None,
    protocol: str | None = None,
    seed: int = 0,
    batch: int = BATCH,
    tokens: int = TOKENS,
    device: str = "auto",
    workers: Workers = Workers(),  # noqa: B008  (a frozen value)
    watch: Watch = unwatched,
) -> DistillResult:
    """Teach a student and keep it: ``lpzero predictor distill``.

    Args:
        teacher: The file of a kept predictor, or a proxy as of :func:`lpzero.rank`.
        architectures: A CSV file or JSON lines with an architecture a line, or architectures, without labels; empty
            for some that are drawn from the space.
        output: The file to write, ``.json``; its numbers lie beside it as ``.npz``.
        student: ``"mlp"``, the network of LLM-Distill-PP, or ``"boosting"``.
        number: How many are drawn to be taught, from 2 on; None for 3,000.
        held_out: How many more are drawn, or taken out of those given, to say how well the student agrees with its
            teacher; a sixth of them at most.
        features: What the student is told: some of ``"spec"``, ``"shape"`` and ``"operands"``, and proxies.
        asking: How a language model is asked, where the teacher is one.
        space: The space, where the teacher is a proxy, or its file does not find it.
        protocol: Which model an architecture stands for, where the teacher is a proxy; None for the space's first.
        seed: Seed of the draws, of the student and of untrained models, at least 0.
        batch: Sequences of the token batch, at least 1.
        tokens: Tokens of each sequence, at least 2.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
        workers: Where models are built; the result does not depend on it.
        watch: Told how it goes.

    Raises:
        InputError: The teacher is damaged, an architecture is outside the space, a value is out of its range, or the
            teacher is sure of nothing that it is asked.
        MissingError: The device is not here, or the language model cannot be asked.
    """
    if student not in STUDENTS:
        raise InputError(f"`student`: expected {' or '.join(STUDENTS)}, found {student!r}")
    if held_out < 0:
        raise InputError(f"`held_out`: expected at least 0, found {held_out}")
    wanted = Wanted(teacher)
    place = _space(wanted.document, space, protocol)
    probe = probe_of(seed, batch, tokens, device)
    source = described_by(place, features, probe, workers, watch)
    pool = _pool(place, architectures, number, held_out, seed)
    with opened(wanted, asking, watch) as asker:
        taught_by, labels = _teacher(wanted, place, source, asker)
        said = taught_by.predict(pool)
        asked = {} if asker is None else {"asked": asker.figures()}
    known = Known.of(source, pool)
    out = min(held_out, len(pool) // LEAST_TAUGHT)
    watch(Progress("teaching", 0.0, f"{len(pool) - out:,} architectures"))
    began = time.perf_counter()
    found = Student.taught(
        student, taught_by, known, known.describe(pool[out:]), said[out:], seed=_small(seed), labels=labels
    )
    seconds = time.perf_counter() - began
    save(Path(output), found, source)
    agreed = agreement(said[:out], found.predict(pool[:out]))
    return DistillResult(
        **asked,
        schema_=1,
        predictor=found.name,
        student=student,
        teacher=found.teacher,
        space=place.name,
        protocol=place.protocol,
        direction="higher" if found.higher_is_better else "lower",
        features=[*source.groups, *(proxy.name for proxy in source.proxies)],
        columns=len(found.design.names),
        learnt=found.learnt,
        sure=sum(one.in_support is not False and one.value is not None for one in said[out:]),
        left_out=len(pool) - out - found.learnt,
        held_out=out,
        agreement=agreed,
        seconds=round(seconds, 3),
        seed=seed,
        path=str(output),
    )


def _space(document: Document | None, space: str | Path | None, protocol: str | None) -> SearchSpace:
    if document is not None:
        if protocol is not None:
            raise InputError(
                "`protocol` has no effect beside the file of a kept predictor, which says it: leave it out"
            )
        return space_of_kept(document, space)
    if space is None:
        raise InputError("`space` is missing: a proxy as the teacher does not say it")
    return get_space(str(space), protocol)


def _pool(
    space: SearchSpace,
    given: str | Path | Sequence[Architecture],
    number: int | None,
    held_out: int,
    seed: int,
) -> tuple[Architecture, ...]:
    """Different architectures in an order of chance: those that are held out are the first."""
    if not given:
        return draw_pool(space, (NUMBER if number is None else number) + held_out, seed)
    if number is not None:
        raise InputError("`number` are drawn where no `architectures` are given: expected none beside them")
    if isinstance(given, (str, Path)):
        found: Sequence[Architecture] = read_architectures(Path(given), space).architectures
    else:
        found = given
        for one in found:
            space.validate(one)
    some = tuple(dict.fromkeys(found))
    if len(some) < 2:
        raise InputError(f"`architectures`: expected at least 2 different ones, found {len(some)}")
    order = np.random.default_rng(derived_seed(seed, "pool")).permutation(len(some))
    return tuple(some[i] for i in order)


def _teacher(
    wanted: Wanted, space: SearchSpace, source: Source, asker: Asker | None
) -> tuple[Fitted, tuple[Architecture, ...]]:
    """The teacher, and what it was fitted to."""
    document, path = wanted.document, Path(wanted.predictor)
    if document is None:
        proxy = load_proxy(str(wanted.predictor))
        return Scores(proxy, replace(source, groups=(), proxies=(proxy,))), ()
    describing = describing_by(space, source.probe.device, source.workers, source.watch)
    return restored(path, document, space, describing, asker), labels_kept(path, document, space)


def _small(seed: int) -> int:
    """A seed that scikit-learn takes, 32 bits."""
    return derived_seed(seed, "student") % 2**32
