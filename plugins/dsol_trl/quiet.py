"""Keep the libraries' own progress bars and hints off the terminal; progress goes to the caller instead."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import datasets
from transformers.utils import logging


@contextmanager
def quiet() -> Iterator[None]:
    """Silence transformers' and datasets' bars, log lines below an error, and notices of coming changes."""
    before = logging.get_verbosity()
    bars = datasets.are_progress_bars_disabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    datasets.disable_progress_bars()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            yield
    finally:
        logging.set_verbosity(before)
        logging.enable_progress_bar()
        if not bars:
            datasets.enable_progress_bars()
