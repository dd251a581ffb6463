"""What ``search --model`` searches: the units of ``compress``, looked at once, and losses on what was not looked at."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lpzero.compression.choosing.importance import get_importance, scores_of
from lpzero.compression.choosing.products import unit_products
from lpzero.compression.cutting.checkpoint import load_checkpoint
from lpzero.compression.cutting.layout import read_layout
from lpzero.compression.losses import window_losses
from lpzero.compression.sub_networks.searched import judged, sub_networks_by_text, windows_of
from lpzero.compression.sub_networks.space import SubNetworks, cut_of
from lpzero.errors import InputError
from lpzero.progress import Progress, unwatched
from lpzero.spaces.architecture import Architecture
from tests.compression.tiny import checkpoint_folder, written_text


@pytest.fixture
def place(tmp_path: Path) -> Path:
    checkpoint_folder(tmp_path / "full", "llama")
    (tmp_path / "learn.txt").write_text(written_text(1500))
    return tmp_path


def test_units_are_those_of_compress_and_looked_at_once(place: Path) -> None:
    told: list[Progress] = []
    asked = (place / "full", place / "learn.txt", place / "home")
    space = sub_networks_by_text(*asked, watch=told.append)
    assert [one.step for one in told] == ["looking at the checkpoint"]
    assert sub_networks_by_text(*asked, watch=told.append) == space
    assert len(told) == 1
    model = load_checkpoint(place / "full")
    layout, looking = read_layout(model), windows_of(place / "full", place / "learn.txt").looking
    scores = scores_of(get_importance("wanda"), model, layout, unit_products(model, layout, looking))
    assert [list(one) for one in space.opened.units.neurons] == [one.order["neurons"].order() for one in scores]
    assert [list(one) for one in space.opened.units.groups] == [one.order["groups"].order() for one in scores]
    (place / "learn.txt").write_text(written_text(1500, seed=9))
    assert sub_networks_by_text(*asked, watch=told.append) != space
    assert len(told) == 2


def test_losses_are_of_the_end_of_the_text_and_what_was_found_is_a_model(place: Path) -> None:
    space = sub_networks_by_text(place / "full", place / "learn.txt", place / "home")
    one, other = (Architecture.of("sub-networks", {}, [{"groups": 2, "neurons": n}] * 3) for n in (5, 9))
    (place / "run").mkdir()
    found = judged(space, place / "learn.txt", unwatched, place / "run", {"found": one, "random": other})
    looked = windows_of(place / "full", place / "learn.txt")
    assert (found.tokens, found.context) == (looked.held_out.predicted, 32)
    assert found.checkpoint == pytest.approx(
        float(window_losses(load_checkpoint(place / "full"), looked.held_out).mean())
    )
    for name, point in (("found", one), ("random", other)):
        assert found.losses[name] == pytest.approx(float(window_losses(cut_of(space, point), looked.held_out).mean()))
    saved = load_checkpoint(place / "run" / found.model)
    assert float(window_losses(saved, looked.held_out).mean()) == pytest.approx(found.losses["found"], abs=1e-5)
    # no token of the end is among those that units were put in order by
    words = (place / "learn.txt").read_text().split()
    assert len(words) - looked.looking.inputs.numel() >= looked.held_out.inputs.numel()


def test_a_text_that_is_too_short_is_one_line(place: Path) -> None:
    (place / "learn.txt").write_text(written_text(300))
    with pytest.raises(InputError, match="whose last tenth has 64 tokens"):
        windows_of(place / "full", place / "learn.txt")


def test_a_checkpoint_that_is_gone_is_said(place: Path) -> None:
    shutil.rmtree(place / "full")
    with pytest.raises(InputError):
        sub_networks_by_text(place / "full", place / "learn.txt", place / "home")


def test_what_is_drawn_is_near_to_what_the_limits_allow(place: Path) -> None:
    asked = (place / "full", place / "learn.txt", place / "home")
    model = load_checkpoint(place / "full")
    whole = sum(one.numel() for one in model.parameters())
    rng = np.random.default_rng(0)
    for limits, most in (
        ({}, whole),
        ({"params": 0.8 * whole}, 0.8 * whole),
        ({"bytes": 4 * 0.7 * whole, "flops": 1e12}, 0.7 * whole),
        ({"params": 2.0 * whole}, whole),
    ):
        space = sub_networks_by_text(*asked, limits)
        points = [space.sample(rng) for _ in range(5)]
        points += [space.mutate(points[0], rng), space.crossover(points[0], points[1], rng)]
        for point in points:
            assert space.parameter_counts(point)["total"] >= 0.95 * most - 1
    # what these allow of parameters is not known
    assert sub_networks_by_text(*asked, {"latency": 1.0}).opened.least == 0


def test_what_is_too_small_grows_by_mutations(place: Path) -> None:
    space = sub_networks_by_text(place / "full", place / "learn.txt", place / "home")
    point = Architecture.of("sub-networks", {}, [{"groups": 1, "neurons": 3}] * 3)
    rng = np.random.default_rng(0)
    sizes = [space.parameter_counts(point)["total"]]
    while sizes[-1] < space.opened.least:
        point = space.mutate(point, rng)
        sizes.append(space.parameter_counts(point)["total"])
        assert sizes[-1] > sizes[-2]


def test_losses_are_of_no_other_text(place: Path) -> None:
    space = sub_networks_by_text(place / "full", place / "learn.txt", place / "home")
    (place / "learn.txt").write_text(written_text(1500, seed=9))
    with pytest.raises(InputError, match="the search began with"):
        judged(space, place / "learn.txt", unwatched, place, {"found": space.sample(np.random.default_rng(0))})


def test_a_mutation_ends_where_one_step_is_too_much(place: Path) -> None:
    space = sub_networks_by_text(place / "full", place / "learn.txt", place / "home")
    strict = replace(space, opened=replace(space.opened, least=space.parameter_counts(_all(space))["total"]))
    assert strict.mutate(_all(space), np.random.default_rng(0)) != _all(space)


def _all(space: SubNetworks) -> Architecture:
    sizes = {"groups": space.layout.groups, "neurons": space.layout.neurons}
    return Architecture.of("sub-networks", {}, [sizes] * space.layout.depth)


def test_losses_are_of_no_other_end(place: Path) -> None:
    space = sub_networks_by_text(place / "full", place / "learn.txt", place / "home")
    text = (place / "learn.txt").read_text()
    (place / "learn.txt").write_text(f"{text[:-20]}{'w7 ' * 6}w7")
    point = Architecture.of("sub-networks", {}, [{"groups": 2, "neurons": 5}] * 3)
    with pytest.raises(InputError, match="expected the text that the search began with"):
        judged(space, place / "learn.txt", unwatched, place / "run", {"found": point})


def test_a_checkpoint_that_moved_is_found_again(place: Path) -> None:
    asked = (place / "learn.txt", place / "home")
    before = sub_networks_by_text(place / "full", *asked)
    (place / "full").rename(place / "moved")
    told: list[Progress] = []
    assert sub_networks_by_text(place / "moved", *asked, watch=told.append).protocol == before.protocol
    assert not told
    # what lies at the first place now is another one, and the second is asked about
    checkpoint_folder(place / "full", "llama", seed=3)
    space = sub_networks_by_text(place / "moved", *asked)
    assert space.opened.checkpoint == (place / "moved").resolve()
