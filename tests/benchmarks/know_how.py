"""Two rules of the know-how on real data: multi-task instruction pre-training, and general text against forgetting.

    python tests/benchmarks/know_how.py mip|ratio --data PUBLIC --folder OUT

`mip`: the small base goes on with documents (OWASP's cheat sheets, NIST SP 800-63, as much of WikiText-2) and then
learns Text2SQL's demo; with a tenth of the task's rows among the documents (MIP), without, and without any documents.
`ratio`, after it: the model that read those documents goes on with OpenTelemetry's specification, with 0 to 10 general
tokens for each token of that. PUBLIC holds `corpora` and `mcq`. About an hour and a half on one core; started again it
goes on. Prints tables, `ratio` also draws OUT/ratio.svg.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table

from dsol.page.plots import Series, lines

TRAIN = {
    "data": "documents",
    "context": 1024,
    "tune": "full",
    "force": "full",
    "checkpoints": 1,
    "batch_tokens": 4096,
    "backend": {"optim": "muon", "learning_rate": 1.0e-3, "warmup_steps": 0.05, "weight_decay": 0.01},
}
RATIOS = (0, 1, 5, 10)
STYLE = """
text { font: 11px sans-serif; fill: #5c6878 }
.label { fill: #1a2330 }
.grid { stroke: #e4e8ee }
.axis { stroke: #b9c1cc }
.line { fill: none; stroke-width: 2 }
.before { stroke-dasharray: 3 4; stroke-width: 1.4 }
.domain { stroke: #1f6feb }
.general { stroke: #c2410c }
.dot.domain { fill: #1f6feb }
.dot.general { fill: #c2410c }
"""


def source(data: Path, name: str, kind: str) -> dict[str, Any]:
    """Name one of the public corpora."""
    return {"paths": [str(data / "corpora" / name)], "kind": kind}


def write(path: Path, recipe: Mapping[str, Any]) -> Path:
    """Write a recipe as YAML."""
    path.write_text(yaml.safe_dump(recipe, sort_keys=False), encoding="utf-8")
    return path


def dsol(*words: str) -> None:
    """Run a command of dsol; what it prints goes on."""
    subprocess.run([sys.executable, "-m", "dsol", *words], check=True)


def mip(data: Path, folder: Path) -> None:
    """Train in three ways and set them side by side."""
    recipe: dict[str, Any] = {
        "base": "seed",
        "solution": "text2sql",
        "sources": {
            "owasp": source(data, "owasp_cheatsheets/cheatsheets", "site"),
            "nist": source(data, "nist_800_63", "standard"),
            "wiki": source(data, "wikitext2_small", "general"),
        },
        "evaluation": {
            "domain": [str(data / "mcq/mmlu/test/computer_security_test.csv")],
            "general": [str(data / "mcq/mmlu/test/management_test.csv")],
        },
        "stages": {"cpt": {**TRAIN, "tokens": 400_000, "general": 1, "mip": 0.1}, "sft": {"tokens": 400_000}},
    }
    both = write(folder / "mip.yaml", recipe)
    sft = write(folder / "sft.yaml", {**recipe, "stages": {"sft": recipe["stages"]["sft"]}})
    runs = {"CPT with MIP, SFT": "cpt_mip_sft", "CPT, SFT": "cpt_sft", "SFT": "sft"}
    dsol("train", str(both), "--run", str(folder / "cpt_mip_sft"))
    dsol("train", str(both), "--run", str(folder / "cpt_sft"), "--set", "stages.cpt.mip=0")
    dsol("train", str(sft), "--run", str(folder / "sft"))
    table = Table("", "model alone", "wrapped", "combined", "domain questions", "general questions", "domain loss")
    for name, run in runs.items():
        table.add_row(name, *cells(folder / run))
    Console(width=160).print(table)
    for one, two in (("cpt_mip_sft", "cpt_sft"), ("cpt_mip_sft", "sft"), ("cpt_sft", "sft")):
        dsol("compare", str(folder / one), str(folder / two))


def cells(run: Path) -> list[str]:
    """Give a run's scores with their intervals, and what the chosen model does with the domain."""
    report = json.loads((run / "report.json").read_text(encoding="utf-8"))
    scores = next(one for one in report["slices"] if not (one["set"] or one["language"]))["scores"]
    end = json.loads((run / "forgetting.json").read_text(encoding="utf-8"))[-1]
    asked = [spread(scores[name]) for name in ("model", "wrapped", "combined")]
    return [*asked, *(spread(end[name]) for name in ("domain", "general")), f"{end['domain_loss']:.3f}"]


def spread(one: Mapping[str, float]) -> str:
    """Word a share and its 95 % interval in per cent."""
    return f"{one['value']:.1%} ({100 * one['low']:.1f} to {100 * one['high']:.1f})"


def ratio(data: Path, folder: Path) -> None:
    """Sweep the general share of a stage on a domain that the base, which read other text, hasn't read."""
    stage = folder / "cpt_sft" / "stages" / "cpt"
    if not (stage / "selection.json").exists():
        raise SystemExit(f"{stage} isn't there yet: measure `mip` first, in the same folder")
    chosen = json.loads((stage / "selection.json").read_text(encoding="utf-8"))["chosen"]
    recipe = {
        "base": str(stage / chosen),
        "sources": {
            "otel": source(data, "otel_spec", "standard"),
            "wiki": source(data, "wikitext2_small", "general"),
        },
        "stages": {"cpt": {**TRAIN, "tokens": 150_000, "mip": 0, "repeats": 20}},
    }
    over = f"stages.cpt.general={','.join(map(str, RATIOS))}"
    dsol("sweep", str(write(folder / "ratio.yaml", recipe)), "--over", over, "--run", str(folder / "ratio"))
    draw(json.loads((folder / "ratio" / "sweep.json").read_text(encoding="utf-8")), folder / "ratio.svg")


def draw(found: Mapping[str, Any], path: Path) -> None:
    """Draw held-out losses of the domain and of general text over the general tokens for each of the domain's."""
    last = float(len(RATIOS) - 1)
    series = []
    for name in ("domain", "general"):
        values = [(float(at), one["numbers"][f"{name} loss"]["value"]) for at, one in enumerate(found["points"])]
        before = found["start"][f"{name} loss"]["value"]
        series.append(Series(f"{name} text", values, name, dots=True))
        series.append(Series(f"{name} text before", [(0.0, before), (last, before)], f"before {name}"))
    plot = lines(
        series,
        "domain tokens : general tokens",
        "held-out loss (nats a token)",
        x_range=(0.0, last),
        x_format=lambda at: f"1:{RATIOS[int(at)]}" if at == int(at) else "",
    )
    text = str(plot)
    drawing = text[: text.index("</svg>")].replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    named = "".join(
        f'<text x="{84 + 190 * (at // 2)}" y="{230 + 16 * (at % 2)}" class="label">{one.label}</text>'
        f'<line x1="{62 + 190 * (at // 2)}" x2="{78 + 190 * (at // 2)}" y1="{226 + 16 * (at % 2)}" '
        f'y2="{226 + 16 * (at % 2)}" class="line {one.style}"/>'
        for at, one in enumerate(series)
    )
    head, end = drawing.index(">") + 1, "</svg>\n"
    path.write_text(f"{drawing[:head]}<style>{STYLE}</style>{drawing[head:]}{named}{end}", encoding="utf-8")


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("mip", "ratio"))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    {"mip": mip, "ratio": ratio}[given.what](given.data.resolve(), given.folder.resolve())


if __name__ == "__main__":
    main()
