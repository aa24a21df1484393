"""Labelled documents as people bring them: read, checked, divided, made samples."""
