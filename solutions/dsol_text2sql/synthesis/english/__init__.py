"""English questions: `ask` words a request."""

from dsol_text2sql.synthesis.english.asking import ask

__all__ = ["ask"]
