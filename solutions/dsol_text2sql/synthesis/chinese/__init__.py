"""Chinese questions: `ask` words a request."""

from dsol_text2sql.synthesis.chinese.asking import ask

__all__ = ["ask"]
