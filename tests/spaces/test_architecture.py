"""Architectures as values: digests, and the numbers of their layers."""

from __future__ import annotations

import hashlib

import pytest

from lpzero.spaces import Architecture
from lpzero.spaces.architecture import digest_of


def test_a_digest_is_that_of_sorted_json_without_spaces() -> None:
    expected = hashlib.sha256(b'{"a":[1,2.5,"x"],"b":null}').hexdigest()
    assert digest_of({"b": None, "a": [1, 2.5, "x"]}) == expected


def test_the_digest_of_an_architecture_is_that_of_its_document() -> None:
    one = Architecture.of("s", {"b": 1, "a": 2}, [{"heads": 2}])
    assert one.digest == digest_of({"space": "s", "whole": {"a": 2, "b": 1}, "layers": [{"heads": 2}]})
    assert one.digest != Architecture.of("s", {"b": 1, "a": 2}, [{"heads": True}]).digest


def test_the_whole_numbers_of_a_name_stand_in_the_order_of_the_layers() -> None:
    architecture = Architecture.of("s", {}, [{"heads": 4, "inner": 8}, {"heads": 2, "inner": 16}])
    assert (architecture.integers("heads"), architecture.integers("inner")) == ((4, 2), (8, 16))
    with pytest.raises(KeyError):
        architecture.integers("d_model")
