"""Recoveries that were taken out of the folder of a table are put back as they were, and a build goes on with them."""

import json
from pathlib import Path

from kept_recoveries import keep, restore

from lpzero.compression.sub_networks.build import build_sub_networks
from lpzero.engines import Serial
from tests.compression.sub_networks.small import SETTINGS, source


def test_a_build_goes_on_with_what_was_kept(tmp_path: Path) -> None:
    given = source(tmp_path)
    with build_sub_networks(given, tmp_path / "first", SETTINGS, number=2, repeated=1, engine=Serial()) as built:
        expected = built.recoveries
    assert keep(tmp_path / "first", tmp_path / "kept.jsonl") == 3
    assert restore(tmp_path / "second", tmp_path / "kept.jsonl") == 3
    for path in (tmp_path / "first/recoveries").iterdir():
        assert json.loads((tmp_path / "second/recoveries" / path.name).read_text()) == json.loads(path.read_text())
    # none of them recovers again: the seconds that it took are those of the first time
    with build_sub_networks(given, tmp_path / "second", SETTINGS, number=2, repeated=1, engine=Serial()) as built:
        assert built.recoveries == expected
