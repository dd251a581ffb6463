"""Arrays are read as they were written, under their checksum."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lpzero.errors import InputError
from lpzero.predictors.kept.arrays import arrays_path, damaged, packed_arrays, read_arrays


def test_arrays_come_back_and_others_are_refused(tmp_path: Path) -> None:
    path = arrays_path(tmp_path / "x.json")
    assert path.name == "x.npz"
    content, sha256 = packed_arrays({"a": np.arange(3), "b": np.array([0.1])})
    path.write_bytes(content)
    found = read_arrays(path, sha256, ("a", "b"))
    assert found["a"].tolist() == [0, 1, 2]
    assert found["b"][0] == 0.1
    with pytest.raises(InputError, match="is damaged"):
        read_arrays(path, sha256, ("a", "c"))
    path.write_bytes(content + b" ")
    with pytest.raises(InputError, match="its checksum is another"):
        read_arrays(path, sha256, ("a",))
    assert str(damaged(path, "a\nb")).endswith("fit the predictor again")
    assert "\n" not in str(damaged(path, "a\nb"))
