"""Corpora: documents that users have, read, cleaned, and rid of duplicates and of what evaluation asks."""

from dsol.corpus.source import Cleaning, Source

__all__ = ["Cleaning", "Contamination", "Source"]


class Contamination:
    """Placeholder until the corpora land."""

    @staticmethod
    def of(*args):
        return Contamination()

    def found(self, text):
        return ()
