"""The checksums of the upstream files: those of the files that are here, and a pattern finds what it means."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path, PurePosixPath

from lpzero.tables.published.registry import registered


def test_every_path_stays_inside_the_data_folder_and_has_a_digest() -> None:
    everything = registered("*")
    assert len(everything) == 1 + 202 + 202 + 3 + 18
    for path, digest in everything.items():
        assert not PurePosixPath(path).is_absolute()
        assert ".." not in PurePosixPath(path).parts
        assert re.fullmatch("[0-9a-f]{64}", digest)
    # no two of the architectures were trained with one configuration
    assert len(set(everything.values())) == len(everything)


def test_the_digests_are_those_of_the_files(data: Path) -> None:
    for path, digest in registered("*").items():
        assert hashlib.sha256((data / path).read_bytes()).hexdigest() == digest, path


def test_a_pattern_reaches_into_folders_and_minds_the_case() -> None:
    gpt2, transxl = registered("lts/random_GPT2_wt103/*"), registered("lts/random_TransXL_wt103/*")
    assert len(gpt2) == len(transxl) == 202
    assert not set(gpt2) & set(transxl)
    assert len(registered("lts/random_GPT2_wt103/config_*/j*/model_config.yaml")) == 200
    assert registered("LTS/*") == {}
    assert registered("nothing") == {}


def test_what_is_given_back_is_the_callers_own() -> None:
    registered("*").clear()
    assert registered("*")
