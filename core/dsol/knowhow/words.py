"""How rules and plans word numbers."""

from __future__ import annotations


def count(number: float) -> str:
    """Word a number with three digits: 950, 12.3 k, 4.57 M, 7.62 B."""
    for size, sign in ((1e9, " B"), (1e6, " M"), (1e4, " k")):
        if number >= size:
            return f"{number / (1e3 if sign == ' k' else size):.3g}{sign}"
    return f"{number:,.0f}"


def memory(number: float) -> str:
    """Word bytes: 12.3 GB, 820 MB."""
    if number >= 1e9:
        return f"{number / 1e9:,.1f} GB"
    return f"{number / 1e6:,.0f} MB" if number else "0"


def duration(hours: float) -> str:
    """Word a time: 40 s, 12 min, 3.4 h, 5.2 days."""
    seconds = hours * 3600
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{hours:.1f} h" if hours < 72 else f"{hours / 24:.1f} days"
