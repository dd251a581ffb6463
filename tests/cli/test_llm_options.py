"""Options of a language model: a command receives them as one value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from lpzero.cli import options
from lpzero.cli.llm_options import access_options, endpoint_options, prices_of
from lpzero.errors import InputError
from lpzero.llm import Access, Ceilings, Endpoint, Prices

LOCAL = "http://127.0.0.1:8000/v1"
GIVEN = ["--endpoint", LOCAL, "--model", "m"]


def received(words: list[str], kind: Any = access_options) -> Any:
    """What a command with these options gets; an error is raised."""
    found: list[Any] = []

    @click.command()
    @kind
    @options.seed
    def job(seed: int, **others: Any) -> None:
        """Do nothing."""
        found.append(others)

    done = CliRunner().invoke(job, words)
    if done.exception is not None:
        raise done.exception
    (values,) = found
    (value,) = values.values()
    return value


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LPZERO_HOME", str(tmp_path))


def test_nothing_given_is_no_model() -> None:
    assert received([]) is None
    assert received([], endpoint_options) is None


def test_an_endpoint_is_one_value() -> None:
    assert received(GIVEN, endpoint_options) == Endpoint(LOCAL, "m")
    words = ["--no-key", "--timeout", "5s", "--deadline", "1m", "--retries", "0", "--temperature", "1.5"]
    words += ["--max-tokens", "9", "--no-schema", "--seed", "7"]
    assert received([*GIVEN, *words], endpoint_options) == Endpoint(
        LOCAL,
        "m",
        key_variable=None,
        timeout=5.0,
        deadline=60.0,
        retries=0,
        temperature=1.5,
        seed=7,
        max_tokens=9,
        structured=False,
    )
    assert received([*GIVEN, "--key-variable", "MINE"], endpoint_options).key_variable == "MINE"


def test_an_access_is_one_value(tmp_path: Path) -> None:
    assert received(GIVEN) == Access(Endpoint(LOCAL, "m"), cache=tmp_path / "llm" / "replies.sqlite")
    words = ["--cache-file", "c.sqlite", "--offline", "--ledger", "l.jsonl", "--call-limit", "1k"]
    words += ["--token-limit", "2M", "--money-limit", "3.5", "--input-price", "1", "--output-price", "2"]
    assert received([*GIVEN, *words]) == Access(
        Endpoint(LOCAL, "m"),
        cache=Path("c.sqlite"),
        ledger=Path("l.jsonl"),
        ceilings=Ceilings(1000, 2_000_000, 3.5),
        prices=Prices(1.0, 2.0),
        offline=True,
    )
    assert received([*GIVEN, "--no-cache"]).cache is None


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--model", "m"], "`endpoint` is missing"),
        (["--endpoint", LOCAL], "`model` is missing"),
        ([*GIVEN, "--no-cache", "--cache-file", "c"], "`cache_file` has no effect beside `no_cache`"),
        ([*GIVEN, "--input-price", "1"], "`input_price`: expected it together with `output_price`"),
        (["--endpoint", "ftp://x", "--model", "m"], "`endpoint`: expected http"),
        ([*GIVEN, "--retries", "-1"], "`retries`"),
    ],
)
def test_what_does_not_go_together_is_refused(words: list[str], message: str) -> None:
    with pytest.raises(InputError) as caught:
        received(words)
    assert message in str(caught.value)


def test_no_option_takes_a_key() -> None:
    @click.command()
    @access_options
    def job(access: object) -> None:
        """Do nothing."""

    names = {option for parameter in job.params for option in parameter.opts}
    assert {name for name in names if "key" in name} == {"--key-variable", "--no-key"}


def test_prices_come_together() -> None:
    assert prices_of(None, None) is None
    assert prices_of(0.0, 0.0) == Prices(0.0, 0.0)
