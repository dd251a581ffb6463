"""Transformers' progress bars are away for as long as a block lasts, however it ends."""

from __future__ import annotations

import pytest
from transformers.utils import logging

from lpzero.pretrained.bars import without_bars


@pytest.mark.parametrize("enabled", [True, False])
def test_the_bars_are_as_before_afterwards(enabled: bool) -> None:
    before = logging.is_progress_bar_enabled()
    try:
        (logging.enable_progress_bar if enabled else logging.disable_progress_bar)()
        with pytest.raises(KeyboardInterrupt), without_bars():
            assert not logging.is_progress_bar_enabled()
            raise KeyboardInterrupt
        assert logging.is_progress_bar_enabled() is enabled
    finally:
        (logging.enable_progress_bar if before else logging.disable_progress_bar)()
