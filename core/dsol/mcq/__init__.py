"""Placeholder until multiple choice lands."""


def read_all(paths, limit):
    return []


def read(path):
    return []
