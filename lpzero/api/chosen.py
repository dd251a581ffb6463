"""The predictor that a user names: by a name, by a proxy, or by the file that it is kept in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Literal

from lpzero.api.judged import Judged
from lpzero.errors import InputError
from lpzero.operands.probe import Probe
from lpzero.predictors.baselines import Remembered
from lpzero.predictors.brought import brought
from lpzero.predictors.calibrated import MAPS, Calibrated, Scores
from lpzero.predictors.description import SPEC, Describes, Known, Source
from lpzero.predictors.distilled import DISTILLED, MLP, NUMBER, Distilled, draw_pool
from lpzero.predictors.measured import PREFIX, Measured
from lpzero.predictors.prediction import Fitted, Labelled, Predictor
from lpzero.predictors.prompted import LLM, Asker, Asking, Prompted, Task
from lpzero.predictors.regression import MODELS, RIDGE, Regression
from lpzero.predictors.store import Document, is_kept, read_predictor_document, restored
from lpzero.progress import Watch
from lpzero.proxy import Proxy, load_proxy
from lpzero.spaces.architecture import Architecture


@dataclass(frozen=True)
class Wanted:
    """What a user asks for.

    Attributes:
        predictor: A name, a proxy, or the file of a kept predictor.
        calibrate: How the score of a proxy becomes a quality; None for its ranking alone.
        teacher: Who teaches a distilled one, named likewise; None for a ridge.
        student: Who learns; None for the network of the paper.
        number: Architectures that it is taught by; None for 3,000.
    """

    predictor: str | Path
    calibrate: str | None = None
    teacher: str | Path | None = None
    student: str | None = None
    number: int | None = None

    def __post_init__(self) -> None:
        """Check that nothing is given that has no effect, or raise InputError."""
        for name in ("teacher", "student", "number"):
            if getattr(self, name) is not None and self.predictor != DISTILLED:
                raise InputError(f"`{name}` has no effect beside another `predictor` than {DISTILLED}: leave it out")
        if self.taught_by == DISTILLED:
            raise InputError(f"`teacher`: expected another one than {DISTILLED}")

    @property
    def taught_by(self) -> str | Path:
        """The teacher of a distilled one."""
        return RIDGE if self.teacher is None else self.teacher

    @cached_property
    def document(self) -> Document | None:
        """What the file of a kept predictor says; None where no such file is wanted."""
        path = Path(self.predictor)
        return read_predictor_document(path) if is_kept(path) else None

    @property
    def asks(self) -> bool:
        """Whether a language model is asked."""
        kept = self.document is not None and self.document.predictor == LLM
        return kept or LLM in (self.predictor, self.taught_by if self.predictor == DISTILLED else "")


@contextmanager
def opened(wanted: Wanted, asking: Asking | None, watch: Watch) -> Iterator[Asker | None]:
    """The language model that is asked, for a block; None where none is.

    Raises:
        InputError: There is none where one is needed, or one where none is.
    """
    if not wanted.asks:
        if asking is not None:
            raise InputError(
                f"`endpoint`: {str(wanted.predictor)!r} asks no language model: give {LLM} as the `predictor`"
            )
        yield None
        return
    if asking is None:
        raise InputError("`endpoint` and `model` are missing: expected the address of a server and a model there")
    with asking.open(watch) as asker:
        yield asker


def fitted_to(document: Document | None, judged: Judged) -> tuple[Architecture, ...]:
    """The labels of a kept predictor; none where there is none. Raises InputError where they are of another space."""
    if document is None or document.space != judged.space.name:
        return ()
    return tuple(map(Architecture.from_json, document.labels))


@dataclass(frozen=True)
class AsKept:
    """A kept predictor: it was fitted before, and is not again.

    Attributes:
        fitted: The predictor.
    """

    fitted: Fitted

    @property
    def name(self) -> str:
        """What it is called."""
        return self.fitted.name

    @property
    def cost(self) -> Literal["cheap", "expensive"]:
        """That of asking it."""
        return "expensive" if self.fitted.name == LLM else "cheap"

    def fit(self, labelled: Labelled) -> Fitted:
        """It as it is."""
        del labelled
        return self.fitted


def choose(judged: Judged, wanted: Wanted, source: Source, asker: Asker | None) -> Predictor:
    """The predictor that was asked for; what it is told of the architectures is computed once.

    Args:
        judged: What it is judged by.
        wanted: What a user asks for.
        source: What describes architectures to a regression.
        asker: Who is asked, where it is a language model.

    Raises:
        InputError: There is none of that name, or what is given does not fit it.
    """
    predictor, calibrate, architectures = wanted.predictor, wanted.calibrate, judged.trained.architectures
    made = brought(str(predictor))
    fits = made is not None or predictor in (LLM, DISTILLED, *MODELS) or wanted.document is not None
    if calibrate is not None and fits:
        raise InputError(f"`calibrate`: {predictor} is fitted to the labels: give a proxy as the `predictor`")
    if calibrate is not None and calibrate not in MAPS:
        raise InputError(f"`calibrate`: expected one of {', '.join(MAPS)}, found {calibrate!r}")
    if wanted.document is not None:
        return _as_kept(Path(predictor), wanted.document, judged, source, asker)
    if predictor == LLM:
        assert asker is not None
        return Prompted(source.space, Task.of(judged.table), asker)
    if predictor == DISTILLED:
        return _distilled(judged, wanted, source, asker)
    if predictor in MODELS:
        return Regression(str(predictor), Known.of(source, architectures), judged.level)
    if made is not None:
        return made(Known.of(source, architectures), judged.level)
    if str(predictor).startswith(PREFIX):
        measured = Measured.of(judged.table, str(predictor).removeprefix(PREFIX))
        return measured if calibrate is None else Calibrated(measured, calibrate, source.space, judged.level)
    proxy: Proxy = load_proxy(str(predictor))
    scoring = Source(source.space, (), (proxy,), source.probe, source.home, source.workers, source.watch)
    scores = Scores(proxy, Known.of(scoring, architectures))
    if calibrate is None:
        return scores
    return Calibrated(Remembered.of(scores, architectures), calibrate, source.space, judged.level)


def _distilled(judged: Judged, wanted: Wanted, source: Source, asker: Asker | None) -> Distilled:
    """A student, which is told the specification alone: it shall cost nothing."""
    teacher = choose(judged, Wanted(wanted.taught_by), source, asker)
    pool = draw_pool(judged.space, NUMBER if wanted.number is None else wanted.number, judged.seed)
    told = Known.of(replace(source, groups=(SPEC,), proxies=()), [*pool, *judged.trained.architectures])
    return Distilled(teacher, wanted.student or MLP, told, pool, judged.seed)


def _as_kept(path: Path, document: Document, judged: Judged, source: Source, asker: Asker | None) -> AsKept:
    if document.space != judged.space.name:
        raise InputError(
            f"{path}: expected a predictor of the space {judged.space.name}, found one of {document.space}"
        )

    def describing(kept: Document, proxies: tuple[Proxy, ...]) -> Describes:
        probe = Probe(**kept.probe.model_dump(), device=source.probe.device)
        return replace(source, groups=tuple(kept.features), proxies=proxies, probe=probe)

    return AsKept(restored(path, document, judged.space, describing, asker))
