"""Statements of SQL: parsed, resolved against a schema, let through or refused, spelled in one way."""
