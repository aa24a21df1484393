"""Training examples from a bare schema: questions in English and Chinese with the SQL that answers them."""

from dsol_text2sql.synthesis.making import Example, synthesise

__all__ = ["Example", "synthesise"]
