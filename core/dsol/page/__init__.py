"""A report as one HTML page: no script, no network, every text from the data escaped."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from string import Template
from typing import Any

from dsol.page.ability import ability
from dsol.page.markup import element, join
from dsol.page.mistakes import errors
from dsol.page.outline import details
from dsol.page.results import confidence, scores, summary
from dsol.page.training import data, stages

SECTIONS = (
    ("results", "Results", scores),
    ("confidence", "Confidence", confidence),
    ("errors", "Errors", errors),
    ("ability", "Domain and general ability", ability),
    ("training", "Training", stages),
    ("data", "Data", data),
    ("run", "Run", details),
)


def render(report: Mapping[str, Any]) -> str:
    """Write the page of a report, as `dsol.report.gather` collects it; sections without content are left out."""
    made = [(name, title, body) for name, title, section in SECTIONS if (body := section(report))]
    links = [element("a", title, href=f"#{name}") for name, title, _ in made]
    sections = [element("section", element("h2", title), body, id=name) for name, title, body in made]
    title = f"{report['solution'] or 'run'} · {report['run']}"
    template = Template(resources.files("dsol.page").joinpath("page.html").read_text(encoding="utf-8"))
    page = join((summary(report), element("nav", *links), *sections))
    return template.substitute(title=join([title]), page=page)
