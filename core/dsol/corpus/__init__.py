"""Corpora: documents of a recipe's sources, read, cleaned, without duplicates and evaluation texts."""
