"""Queries with pointers for names, which a small model writes well."""
