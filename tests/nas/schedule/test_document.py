"""What a ``schedule.toml`` may say, and what is refused in one line that names the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from lpzero.errors import InputError
from lpzero.nas.schedule.document import Evolution, PhaseDocument, read_schedule

TWO = '[[phase]]\nfrom = 0\npredictor = "snip"\n[[phase]]\nfrom = 15\npredictor = "params"\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "schedule.toml"
    path.write_text(text)
    return path


def test_where_nothing_is_said_the_sizes_are_the_papers(tmp_path: Path) -> None:
    found = read_schedule(written(tmp_path, TWO))
    sizes = found.evolution
    assert (sizes.population, sizes.parents, sizes.mutants, sizes.crossovers) == (125, 25, 50, 50)
    assert (sizes.iterations, sizes.mutation) == (30, 0.3)
    assert found.control is None
    assert [(phase.from_, phase.predictor) for phase in found.phases] == [(0, "snip"), (15, "params")]


def test_everything_that_may_be_said_is_read(tmp_path: Path) -> None:
    sizes = "population = 9\nparents = 3\nmutants = 2\ncrossovers = 4\niterations = 5\nmutation = 1\n"
    last = '[[phase]]\nfrom = 4\npredictor = "training"\nsteps = 40\n'
    first = '[[phase]]\nfrom = 0\npredictor = "sum(l1(weight))"\ndirection = "lower"\n'
    found = read_schedule(written(tmp_path, f'{sizes}control = "none"\n{first}{last}'))
    assert found.evolution == Evolution(parents=3, mutants=2, crossovers=4, iterations=5, mutation=1.0)
    assert found.control == "none"
    assert found.phases[0].direction == "lower"
    assert found.phases[1] == PhaseDocument(from_=4, predictor="training", steps=40)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"expected one \[\[phase\]\] or several, with from and predictor, found none$"),
        ("phase = 3", r"expected one \[\[phase\]\] or several"),
        ("phase = [3]", "phase 1: expected a table with from and predictor, found int$"),
        ("parent = 3\n" + TWO, "parent: no such key: expected one of population, parents, mutants, crossovers, "),
        ("population = 9\n" + TWO, "population: expected 125, the parents, mutants and crossovers together, found 9$"),
        ("parents = 1\n" + TWO, "parents: expected .* 2, found 1$"),
        ("parents = 2.5\n" + TWO, "parents: "),
        ("mutants = -1\n" + TWO, "mutants: "),
        ("iterations = 0\n" + TWO, "iterations: "),
        ("mutation = 0\n" + TWO, "mutation: expected greater than 0, found 0"),
        ("mutation = 1.5\n" + TWO, "mutation: "),
        ("mutation = nan\n" + TWO, "mutation: "),
        ('control = "all"\n' + TWO, "control: expected random or none, found 'all'$"),
        ("iterations = 15\n" + TWO, "phase 2: expected it from iteration 14 on at the latest, the last one, found 15$"),
        (TWO.replace("from = 0", "from = 1"), "phase 1: expected from = 0, found 1: nothing would score before$"),
        (TWO.replace("15", "0"), "phase 2: expected it from an iteration behind 0, found 0: phases would overlap$"),
        (TWO.replace("15", "-1"), "phase 2: from: "),
        (TWO.replace("15", "1.0"), "phase 2: from: "),
        (
            TWO.replace("from = 15\n", ""),
            "phase 2: from: expected the iteration that it scores from, found no such key",
        ),
        (TWO.replace('predictor = "snip"\n', ""), "phase 1: predictor: expected what scores, found no such key$"),
        (TWO.replace('"snip"', '""'), "phase 1: predictor: "),
        (TWO.replace('"snip"', "3"), "phase 1: predictor: "),
        (TWO + "until = 3\n", "phase 2: until: no such key: expected one of from, predictor, direction, steps, exact$"),
        (TWO + 'direction = "up"\n', "phase 2: direction: "),
        (TWO + "exact = true\n", "phase 2: exact: expected it in phase 1 alone: later ones go on with its population$"),
        (TWO.replace('"snip"', '"snip"\nexact = 1'), "phase 1: exact: "),
        (TWO + "steps = 4\n", "phase 2: steps: expected it beside the predictor training alone$"),
        (TWO.replace('"params"', '"training"') + "steps = 0\n", "phase 2: steps: "),
        ("[[phase]\n", "expected TOML, found "),
        ('a = "\x07"', "expected TOML, found "),
    ],
)
def test_what_is_wrong_is_said_in_one_line(text: str, message: str, tmp_path: Path) -> None:
    path = written(tmp_path, text)
    with pytest.raises(InputError, match=message) as caught:
        read_schedule(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"schedule\.toml: no such file$"):
        read_schedule(tmp_path / "schedule.toml")
