"""Libraries' own bars stay off the terminal, also where one quiet part is inside another."""

from transformers.utils import logging

from dsol_trl.quiet import quiet


def test_an_inner_quiet_part_leaves_the_outer_one_quiet():
    assert logging.is_progress_bar_enabled()
    with quiet():
        with quiet():
            assert not logging.is_progress_bar_enabled()
        assert not logging.is_progress_bar_enabled()
    assert logging.is_progress_bar_enabled()
