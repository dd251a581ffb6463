"""The protocols `own` and `scratch` and their vocabularies, as names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpzero.errors import InputError
from lpzero.spaces import SPACES, FlexiBert, Gpt2, TransfoXl, get_space, own


def test_the_bytes_and_the_mask_are_the_whole_vocabulary() -> None:
    assert own.BYTE_VOCABULARY == 256 + 1
    assert own.MASK == 0
    assert own.protocol_of(257) == "own"
    assert own.split_protocol("own", ("lts", "own")) == ("own", 257)


@pytest.mark.property
@given(st.integers(own.SMALLEST_VOCABULARY, own.LARGEST_VOCABULARY))
def test_a_vocabulary_survives_its_name(vocabulary: int) -> None:
    assert own.split_protocol(own.protocol_of(vocabulary), ("lts", "own")) == ("own", vocabulary)


@pytest.mark.property
@given(st.integers(own.SMALLEST_VOCABULARY, own.LARGEST_VOCABULARY))
def test_a_vocabulary_of_scratch_survives_its_name(vocabulary: int) -> None:
    protocol = own.protocol_of(vocabulary, own.SCRATCH)
    assert own.split_protocol(protocol, ("own", "scratch")) == ("scratch", vocabulary)


def test_beside_scratch_own_has_one_vocabulary() -> None:
    assert own.split_protocol("own", ("own", "scratch")) == ("own", 257)
    for protocol, protocols in (("own-300", ("own", "scratch")), ("scratch-300", ("own",)), ("scratch", ("own",))):
        with pytest.raises(InputError, match=f"unknown protocol '{protocol}': expected one of {', '.join(protocols)}"):
            own.split_protocol(protocol, protocols)


def test_what_lpzero_trains_from_scratch_is_not_pretrained() -> None:
    trained = {name: own.trained_name(get_space(name).protocols) for name in SPACES}
    assert trained == {
        "flexibert": "own",
        "gpt2": "own",
        "transfo-xl": None,
        "llama": "scratch",
        "hwgpt": None,
        "hat-mt": None,
        "rnn": "own",
    }
    assert not any(get_space(name, protocol).pretrained for name, protocol in trained.items() if protocol)


def test_another_protocol_has_no_vocabulary_of_its_own() -> None:
    assert own.split_protocol("lts", ("lts", "own")) == ("lts", None)
    assert own.split_protocol("lts", ("lts",)) == ("lts", None)


@pytest.mark.parametrize(
    "protocol",
    ["own-257", "own-256", "own-0", "own-65537", "own-0300", "own-", "own-3e2", "own-300 ", "own-٣٠٠", "Own", "", "x"],
)
def test_a_name_that_is_no_protocol_is_refused(protocol: str) -> None:
    with pytest.raises(InputError, match=r"unknown protocol .*: expected one of lts, own"):
        own.split_protocol(protocol, ("lts", "own"))
    for space in (FlexiBert, Gpt2):
        with pytest.raises(InputError, match="unknown protocol"):
            space(protocol)


def test_the_edges_of_the_range_are_protocols() -> None:
    assert own.split_protocol("own-258", ("own",)) == ("own", 258)
    assert own.split_protocol("own-65536", ("own",)) == ("own", 65536)


@pytest.mark.parametrize("protocol", ["own", "own-4096"])
def test_a_space_without_the_protocol_knows_none_of_its_vocabularies(protocol: str) -> None:
    with pytest.raises(InputError, match=f"unknown protocol '{protocol}': expected one of lts"):
        own.split_protocol(protocol, ("lts",))
    with pytest.raises(InputError, match=f"unknown protocol '{protocol}'"):
        TransfoXl(protocol)


@pytest.mark.parametrize("name", ["flexibert", "gpt2"])
@pytest.mark.parametrize(("protocol", "vocabulary"), [("own", 257), ("own-4096", 4096)])
def test_a_space_takes_its_vocabulary_from_the_protocol(name: str, protocol: str, vocabulary: int) -> None:
    space = get_space(name, protocol)
    assert (space.protocol, space.vocabulary, space.max_tokens) == (protocol, vocabulary, 64)
    assert space.protocols[-1] == "own"
    default = get_space(name)
    assert default.vocabulary > 30000
    assert default.max_tokens > 64
