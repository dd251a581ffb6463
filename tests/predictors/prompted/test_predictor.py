"""What becomes of replies, good and bad: a value, or a status and a reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lpzero.errors import InputError
from lpzero.llm import OfflineError, ServiceError
from lpzero.predictors import Labelled, PredictionStatus
from lpzero.predictors.prompted import Asking
from lpzero.spaces.architecture import Architecture
from tests.llm.server import Behaviour, Server, fails, says

Drawn = Callable[[int], tuple[Architecture, ...]]
Opened = Callable[[Asking], Any]
KEY = "sk-canary-0123456789"


def test_a_reply_is_a_value_and_a_label_is_no_call(
    asking: Callable[..., Asking], fitted: Opened, drawn: Drawn, llm_server: Server
) -> None:
    llm_server.does(says('{"value": 25.25}'))
    some = drawn(12)
    with fitted(asking()) as (predictor, _):
        said = predictor.predict([some[3], some[10], some[11]])
        assert (predictor.name, predictor.in_unit, predictor.higher_is_better) == ("llm", True, True)
    assert [(one.value, one.source) for one in said] == [(24.6, "label"), (25.25, "llm"), (25.25, "llm")]
    assert [one.low for one in said[1:]] == [None, None]
    assert len(llm_server.seen) == 2
    assert llm_server.seen[0].body["response_format"]["json_schema"]["schema"]["required"] == ["value"]


BAD = [
    (says("I cannot say."), "malformed", 3),
    (says(""), "empty", 3),
    (says(None), "empty", 3),
    (says("```json\n[24.1, 25.2]\n```"), "malformed", 3),
    (says("Either 24.1 or 25.2, it depends on 3 things."), "malformed", 3),
    (says('{"value": "about 25 or 26"}'), "malformed", 3),
    (says("", refusal="I will not"), "refused", 1),
    (says("25", finish="content_filter"), "refused", 1),
    (says("25.", finish="length"), "truncated", 3),
    (says("27.61"), "out_of_range", 3),
    (says("0"), "out_of_range", 3),
    (says("nan"), "out_of_range", 3),
    (says("inf"), "out_of_range", 3),
    (says("1e9"), "out_of_range", 3),
    (says('{"value": NaN}'), "out_of_range", 3),
    (says('{"value": 1' + "0" * 400 + "}"), "out_of_range", 3),
]


@pytest.mark.parametrize(("reply", "status", "turns"), BAD)
def test_a_bad_reply_is_a_status_and_no_value(
    reply: Behaviour,
    status: str,
    turns: int,
    asking: Callable[..., Asking],
    fitted: Opened,
    drawn: Drawn,
    llm_server: Server,
) -> None:
    llm_server.does(reply)
    with fitted(asking(cached=False)) as (predictor, asker):
        (said,) = predictor.predict([drawn(11)[-1]])
    assert (said.value, said.low, said.high, said.status) == (None, None, None, PredictionStatus.FAILED)
    assert said.reason.startswith(f"{status}: expected")
    assert "\n" not in said.reason
    # at most two repairs
    assert len(llm_server.seen) == turns
    assert asker.figures().statuses == {status: 1}


@pytest.mark.parametrize(
    "reply",
    ['```json\n{"value": 25.25}\n```', "Sure! The BLEU is about **25.25**.", "25.25.", "<think>24?</think>BLEU: 25.25"],
)
def test_a_fenced_or_chatty_reply_is_read(
    reply: str, asking: Callable[..., Asking], fitted: Opened, drawn: Drawn, llm_server: Server
) -> None:
    llm_server.does(says(reply))
    with fitted(asking()) as (predictor, _):
        assert predictor.predict([drawn(11)[-1]])[0].value == 25.25


def test_a_repair_makes_a_value(
    asking: Callable[..., Asking], fitted: Opened, drawn: Drawn, llm_server: Server
) -> None:
    llm_server.does(says("no idea"), says("99"), says("25.5"))
    with fitted(asking()) as (predictor, asker):
        assert predictor.predict([drawn(11)[-1]])[0].value == 25.5
        assert asker.figures().repaired == 1
        assert asker.figures().calls == 3
    assert "expected from 22.2 to 27.6, found 99" in llm_server.texts()[-1]


def test_samples_are_different_requests_with_a_mean_and_a_deviation(
    asking: Callable[..., Asking], fitted: Opened, drawn: Drawn, llm_server: Server
) -> None:
    llm_server.does(says("24"), says("25"), says("27"))
    with fitted(asking(samples=3, temperature=0.7)) as (predictor, asker):
        (said,) = predictor.predict([drawn(11)[-1]])
        assert (said.value, said.sd) == (pytest.approx(76 / 3), pytest.approx(1.5275, abs=1e-4))
        assert predictor.predict([drawn(11)[-1]]) == [said]
        figures = asker.figures()
    assert [seen.body["seed"] for seen in llm_server.seen] == [0, 1, 2]
    assert (figures.replies, figures.cached, figures.calls, figures.samples) == (6, 3, 3, 3)
    assert (figures.sd, figures.temperature) == (pytest.approx(1.527525), 0.7)
    assert (figures.input, figures.output) == (120, 15)


def test_samples_without_a_value_are_said(
    asking: Callable[..., Asking], fitted: Opened, drawn: Drawn, llm_server: Server
) -> None:
    llm_server.does(says("25"), says("", refusal="no"), says("", refusal="no"))
    with fitted(asking(samples=3, temperature=0.7)) as (predictor, _):
        (said,) = predictor.predict([drawn(11)[-1]])
    assert (said.value, said.sd) == (25.0, None)
    assert "2 of 3 samples have no value, refused: expected a reply, found a refusal: no" in said.reason


def test_what_is_unlike_the_demonstrations_is_extrapolated(
    asking: Callable[..., Asking], fitted: Opened, drawn: Drawn, llm_server: Server
) -> None:
    large = Architecture.of("gpt2", {"d_model": 256}, [{"d_inner": 512, "heads": 8}] * 8)
    with fitted(asking()) as (predictor, _):
        llm_server.does(says("25"))
        (said,) = predictor.predict([large])
    assert (said.status, said.in_support, said.value) == (PredictionStatus.EXTRAPOLATED, False, 25.0)
    assert "the labels have" in said.reason


def test_what_was_paid_for_is_kept_when_the_server_fails(
    asking: Callable[..., Asking], fitted: Opened, drawn: Drawn, llm_server: Server
) -> None:
    some = drawn(13)[10:]
    llm_server.does(says("25"), fails(401, f"bad key {KEY}"))
    with fitted(asking()) as (predictor, _), pytest.raises(ServiceError, match="check the key"):
        predictor.predict(some)
    llm_server.does(says("26"))
    with fitted(asking()) as (predictor, asker):
        assert [one.value for one in predictor.predict(some)] == [25.0, 26.0, 26.0]
        assert asker.figures().cached == 1
    assert len(llm_server.seen) == 2


def test_offline_answers_from_the_cache_alone(
    small: Any, asking: Callable[..., Asking], fitted: Opened, drawn: Drawn, llm_server: Server
) -> None:
    from dataclasses import replace

    one, other = drawn(12)[10:]
    llm_server.does(says("25"))
    with fitted(asking()) as (predictor, _):
        said = predictor.predict([one])
    quiet = asking()
    quiet = replace(quiet, access=replace(quiet.access, offline=True))
    with fitted(quiet) as (predictor, _):
        assert predictor.predict([one]) == said
        with pytest.raises(OfflineError):
            predictor.predict([other])
    assert len(llm_server.seen) == 1


def test_requests_at_once_come_back_in_their_order(
    asking: Callable[..., Asking], fitted: Opened, drawn: Drawn, llm_server: Server
) -> None:
    def last(handler: Any, seen: Any) -> None:
        millions = seen.body["messages"][-1]["content"].rsplit("million parameters: ", 1)[1].split("\n")[0]
        says(f"{24 + float(millions) / 10}")(handler, seen)

    llm_server.does(last)
    some = drawn(18)[10:]
    with fitted(asking(at_once=4)) as (predictor, _):
        said = [one.value for one in predictor.predict(some)]
        counts = [predictor.prompt.space.parameter_counts(one)["nonembedding"] for one in some]
    assert said == pytest.approx([24 + float(f"{n / 1e6:.4g}") / 10 for n in counts])
    assert len(set(said)) == len(some)


def test_too_few_labels_are_refused_before_a_call(labels: Callable[..., Labelled], drawn: Drawn) -> None:
    with pytest.raises(InputError, match="a predictor needs at least 2 labels, found 1"):
        labels(drawn(1), [1.0])
    with pytest.raises(InputError, match="expected each labelled architecture once"):
        labels((*drawn(1), *drawn(1)), [1.0, 1.0])
