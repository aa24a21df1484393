"""Databases: opened read-only, introspected, queried within limits, copied with other rows."""
