"""The hardware that a plan is made for: what is found here, or what the user names."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dsol.errors import RecipeError, unknown

GB = 10**9
GIB = 2**30


@dataclass(frozen=True)
class Machine:
    """Cards of one kind, or a CPU; 0 and "" stand for what isn't known.

    `memory`: bytes of one card. `flops`: dense 16-bit operations a second of one card with fp32 sums, `bandwidth`:
    bytes a second of its memory, both as `source` says.
    """

    name: str = ""
    device: Literal["", "cuda", "cpu"] = ""
    count: int = 0
    memory: int = 0
    flops: float = 0.0
    bandwidth: float = 0.0
    source: str = ""

    @property
    def title(self) -> str:
        """Name it for a reader."""
        if self.device == "cpu":
            return f"{self.name}, {self.memory / GB:.0f} GB free"
        size = f"{self.memory / GB:.0f} GB"
        return f"{self.count} x {self.name}" + ("" if size.replace(" ", "") in self.name else f" of {size}")


def _card(name: str, gigabytes: float, tflops: float, bandwidth: float, source: str) -> Machine:
    return Machine(name, "cuda", 1, int(gigabytes * GB), tflops * 1e12, bandwidth * GB, source)


# Memory as a program finds it (GB of 10^9 bytes), dense BF16 (T4, V100: FP16) tensor TFLOP/s with FP32 sums and GB/s of
# memory, each from NVIDIA's datasheet or architecture whitepaper of the card; figures "with sparsity" are halved.
CARDS = {
    card.name.lower(): card
    for card in (
        _card("H200", 150, 989, 4800, "NVIDIA H200 datasheet"),
        _card("H100", 85, 989, 3350, "NVIDIA H100 datasheet, SXM"),
        _card("H100-PCIe", 85, 756, 2000, "NVIDIA H100 datasheet, PCIe"),
        _card("A100", 85, 312, 2039, "NVIDIA A100 datasheet, 80GB SXM"),
        _card("A100-40GB", 42, 312, 1555, "NVIDIA A100 datasheet, 40GB"),
        _card("L40S", 48, 362, 864, "NVIDIA L40S datasheet"),
        _card("A6000", 51, 154.8, 768, "NVIDIA RTX A6000 datasheet and GA102 whitepaper"),
        _card("A10", 24, 125, 600, "NVIDIA A10 datasheet"),
        _card("L4", 24, 121, 300, "NVIDIA L4 datasheet"),
        _card("RTX-4090", 25, 165.2, 1008, "NVIDIA Ada whitepaper"),
        _card("RTX-3090", 25, 71, 936, "NVIDIA GA102 whitepaper"),
        _card("V100", 34, 125, 900, "NVIDIA V100 datasheet, 32GB"),
        _card("T4", 16, 65, 320, "NVIDIA T4 datasheet"),
    )
}
FORM = re.compile(r"(?:(\d+)\s*[x*]\s*)?(?:(\d+(?:\.\d+)?)\s*(GB|GiB)|([A-Za-z][\w -]*))", re.IGNORECASE)


def parse(text: str) -> Machine:
    """Read `1x24GB`, `2x80GB`, `H100`, `4xA100` or `cpu`; anything else is a RecipeError that lists the known cards."""
    match = FORM.fullmatch(text.strip())
    if not match:
        raise RecipeError("--gpu", [f"{text!r} is not of the form 1x24GB, 2xH100 or cpu; known cards: {_names()}"])
    count, size, unit, name = int(match[1] or 1), match[2], match[3], match[4]
    if not count:
        raise RecipeError("--gpu", [f"{text!r}: name at least one card"])
    if size:
        memory = int(float(size) * (GIB if unit.lower() == "gib" else GB))
        return Machine(f"{size}{unit} card", "cuda", count, memory, source="as named; its speed isn't known")
    if name.lower() == "cpu":
        return look_at_cpu()
    key = re.sub(r"[ _]", "-", name.strip().lower())
    if key not in CARDS:
        raise RecipeError("--gpu", [unknown("card", name, (card.name for card in CARDS.values()), "or write 1x24GB")])
    card = CARDS[key]
    return Machine(card.name, "cuda", count, card.memory, card.flops, card.bandwidth, card.source)


def look() -> Machine:
    """Find this machine's GPUs by asking the driver's own tool, else its CPU."""
    tool = shutil.which("nvidia-smi")
    if tool:
        query = [tool, "--query-gpu=name,memory.total", "--format=csv,noheader,nounits"]
        found = subprocess.run(query, capture_output=True, text=True, timeout=20, check=False)
        lines = [line.rsplit(",", 1) for line in found.stdout.splitlines() if "," in line]
        if found.returncode == 0 and lines:
            smallest = min(lines, key=lambda line: int(line[1]))
            name = smallest[0].strip()
            memory = int(smallest[1]) * 2**20
            # The driver says "NVIDIA H100 80GB HBM3": the longest known name whose parts all occur is the card.
            words = re.split(r"[ -]", name.lower())
            known = [card for key, card in CARDS.items() if all(part in words for part in key.split("-"))]
            card = max(known, key=lambda one: len(one.name), default=Machine())
            return Machine(name, "cuda", len(lines), memory, card.flops, card.bandwidth, card.source)
    return look_at_cpu()


def look_at_cpu() -> Machine:
    """Say how many cores this process may use and how much memory is free."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Machine(f"CPU with {cores} core{'s' if cores > 1 else ''}", "cpu", 1, _free(), source="found here")


def _free() -> int:
    """Give the memory that is free here, in bytes; 0 where the system doesn't say."""
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return 0


def _names() -> str:
    return ", ".join(card.name for card in CARDS.values())
