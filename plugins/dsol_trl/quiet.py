"""Keep the libraries' own progress bars and hints off the terminal, and their reports of use off the network."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import datasets
from huggingface_hub import constants
from transformers.utils import logging


@contextmanager
def quiet() -> Iterator[None]:
    """Silence transformers' and datasets' bars, log lines below an error, notices of coming changes, and telemetry."""
    before = logging.get_verbosity()
    telemetry = constants.HF_HUB_DISABLE_TELEMETRY
    constants.HF_HUB_DISABLE_TELEMETRY = True  # trl's trainers call home otherwise; training here is nobody's business
    shown = logging.is_progress_bar_enabled(), not datasets.are_progress_bars_disabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    datasets.disable_progress_bars()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            yield
    finally:
        constants.HF_HUB_DISABLE_TELEMETRY = telemetry
        logging.set_verbosity(before)
        # What was silent before stays so: this may be one inside another.
        if shown[0]:
            logging.enable_progress_bar()
        if shown[1]:
            datasets.enable_progress_bars()
