"""Corpora at size: speed and memory of reading, cleaning, deduplication, decontamination and tokenising.

    python tests/benchmarks/corpora.py --megabytes 200 --folder /tmp/corpora [--peer /path/to/python]

Makes a corpus of English and Chinese documents with planted exact and near duplicates, boilerplate and contamination,
runs the steps in a process of their own, and says documents per second, peak memory over all its processes, and what
was found of the planted. `--peer` names a Python with `datatrove[io,processing]` and spaCy: the same files go through
datatrove's readers, filters, MinHash deduplication, n-gram decontamination and tokeniser on as many workers. Nothing
is extrapolated. The words are drawn at random (Zipf), so what it says on quality is on planted cases only.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

FILE = 64 << 20
COMMON = [
    "the",
    "of",
    "and",
    "to",
    "in",
    "that",
    "is",
    "with",
    "for",
    "are",
    "this",
    "be",
    "from",
    "which",
    "it",
    "as",
    "by",
    "on",
    "or",
    "not",
    "have",
    "has",
    "was",
    "can",
]
BOILERPLATE = (
    "We use cookies to improve your experience on this website; accept all cookies to continue reading.",
    "本网站使用 Cookie 以提升您的浏览体验，继续浏览即表示您同意我们的隐私政策。",
)
EVALUATION = 200
BINS = ((0.0, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 1.01))


def vocabulary(random: np.random.Generator) -> tuple[list[str], list[str]]:
    """Make words of syllables, the common English ones first, and take the commonest Chinese characters."""
    syllables = [a + b for a in "bcdfghlmnprstvw" for b in ("a", "e", "i", "o", "u", "an", "er", "in", "on")]
    words = COMMON + ["".join(random.choice(syllables, random.integers(1, 5))) for _ in range(30_000)]
    return words, [chr(code) for code in random.permutation(np.arange(0x4E00, 0x4E00 + 3500))]


def clauses(random: np.random.Generator, words: list[str], join: str, low: int, high: int, count: int) -> list[str]:
    """Make clauses of words drawn by Zipf's law."""
    weights = 1 / np.arange(1, len(words) + 1) ** 0.9
    sizes = random.integers(low, high, count)
    drawn = iter(random.choice(len(words), int(sizes.sum()), p=weights / weights.sum()).tolist())
    return [join.join(words[next(drawn)] for _ in range(size)) for size in sizes.tolist()]


def make(folder: Path, megabytes: int, seed: int = 0) -> None:
    """Write `corpus/*.jsonl`, `evaluation.json` and `truth.json` (what was planted, by the documents' first words)."""
    random = np.random.default_rng(seed)
    english, chinese = vocabulary(random)
    pools = (clauses(random, english, " ", 6, 14, 300_000), clauses(random, chinese, "", 8, 18, 300_000))
    evaluation = [
        *clauses(random, english, " ", 25, 40, EVALUATION // 2),
        *clauses(random, chinese, "", 40, 60, EVALUATION // 2),
    ]
    (folder / "corpus").mkdir(parents=True)
    (folder / "evaluation.json").write_text(json.dumps(evaluation, ensure_ascii=False), encoding="utf-8")
    truth: dict[str, Any] = {"documents": 0, "exact": [], "near": [], "contaminated": []}
    recent: list[tuple[str, str, int]] = []
    number = written = 0
    while written < megabytes << 20:
        with open(folder / "corpus" / f"{number:09}.jsonl", "wb") as file:
            while file.tell() < min(FILE, (megabytes << 20) - written):
                script = int(random.random() < 0.4)
                name, text = f"d{number}x", ""
                number += 1
                kind = random.random()
                if kind < 0.03 and recent:
                    name, text, script = recent[random.integers(len(recent))]
                    truth["exact"].append(name)
                elif kind < 0.07 and recent:
                    of, text, script = recent[random.integers(len(recent))]
                    text = edited(random, text.split("\n", 1)[1], script, english, chinese)
                    truth["near"].append([name, of])
                    text = f"{name}\n{text}"
                else:
                    size = max(3, int(random.lognormal(3.7, 0.7)))
                    drawn = random.integers(0, 300_000, size).tolist()
                    stop, gap = ("。", "") if script else (". ", " ")
                    body = [pools[script][at] for at in drawn]
                    paragraphs = [stop.join(body[at : at + 8]) + stop.strip() for at in range(0, size, 8)]
                    text = f"{name}\n" + "\n\n".join(paragraphs)
                    if kind > 0.995:
                        which = int(random.integers(EVALUATION // 2)) + script * EVALUATION // 2
                        text = text.replace("\n\n", f"{gap}{evaluation[which]}{stop}\n\n", 1)
                        if evaluation[which] in text:
                            truth["contaminated"].append(name)
                    if random.random() < 0.3:
                        text += "\n\n" + BOILERPLATE[script]
                    if len(recent) < 2000:
                        recent.append((name, text, script))
                    else:
                        recent[random.integers(2000)] = (name, text, script)
                file.write(json.dumps({"text": text, "id": name}, ensure_ascii=False).encode() + b"\n")
            written += file.tell()
    truth["documents"] = number
    (folder / "truth.json").write_text(json.dumps(truth), encoding="utf-8")


def edited(random: np.random.Generator, text: str, script: int, english: list[str], chinese: list[str]) -> str:
    """Change some words of a text: between none and one in eight."""
    share = random.random() / 8
    words = list(text) if script else text.split(" ")
    pool = chinese if script else english
    for at in np.flatnonzero(random.random(len(words)) < share).tolist():
        if words[at].strip() and "\n" not in words[at]:
            words[at] = pool[random.integers(len(pool))]
    return ("" if script else " ").join(words)


def ours(folder: Path, context: int, tokenizer: str, processes: int) -> dict[str, float]:
    """Run the steps; return the seconds of each."""
    from transformers import AutoTokenizer

    from dsol.corpus.build import build
    from dsol.corpus.contamination import Contamination
    from dsol.corpus.source import Cleaning, Source
    from dsol.documents import tokenise
    from dsol_trl.template import codec

    evaluation = {"planted": json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))}
    source = {"web": Source(paths=(folder / "corpus",), kind="site")}
    started = time.monotonic()
    build(source, Cleaning(), Contamination.of(evaluation), folder / "built", processes=processes)
    built = time.monotonic()
    if not tokenizer:
        return {"build": built - started}
    made = codec(AutoTokenizer.from_pretrained(tokenizer))
    tokenise(folder / "built" / "web.jsonl", made, context, folder / "web.arrow")
    return {"build": built - started, "tokenise": time.monotonic() - built}


PEER = """
import json, os, sys, time
import numpy as np
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter
from datatrove.pipeline.filters import LambdaFilter
from datatrove.pipeline.dedup import MinhashDedupSignature, MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupFilter
from datatrove.pipeline.dedup.minhash import MinhashConfig
from datatrove.pipeline.decont.n_grams import NGramsDecontFilter, NGramsDecontIndexer, NGramsDecontConfig
from datatrove.pipeline.tokens import DocumentTokenizer
from datatrove.utils.typeshelper import Languages

folder, tokenizer, workers = sys.argv[1], sys.argv[2], int(sys.argv[3])
def good(document):
    bare = "".join(document.text.split())
    return len(bare) >= 50 and sum(map(str.isalnum, bare)) >= 0.4 * len(bare)

def run(tasks, *steps):
    LocalPipelineExecutor(pipeline=list(steps), tasks=tasks, workers=workers, logging_dir=None,
                          skip_completed=False).run()

if __name__ == "__main__":
    NGramsDecontIndexer._requires_dependencies = []  # its `run` needs lighteval, for tasks that aren't asked for here
    tasks = max(workers, len(os.listdir(folder + "/corpus")))
    decont = NGramsDecontConfig(n_grams=13)
    config = MinhashConfig()
    marks = [time.monotonic()]
    index = NGramsDecontIndexer(folder + "/peer/index", config=decont, language=Languages.english)
    texts = json.load(open(folder + "/evaluation.json", encoding="utf-8"))
    hashes = sorted({one for text in texts for one in index.compute_hashes(text)})
    with index.output_folder.open("planted.index.hashes", mode="wb") as file:
        np.array(hashes, dtype=decont.hash_config.np_descr).tofile(file)
    run(tasks, JsonlReader(folder + "/corpus"), LambdaFilter(good),
        NGramsDecontFilter(folder + "/peer/index", config=decont, language=Languages.english),
        JsonlWriter(folder + "/peer/clean", compression=None))
    marks.append(time.monotonic())
    run(tasks, JsonlReader(folder + "/peer/clean"),
        MinhashDedupSignature(folder + "/peer/signatures", config=config, language=Languages.english))
    run(config.num_buckets, MinhashDedupBuckets(folder + "/peer/signatures", folder + "/peer/buckets", config=config))
    run(1, MinhashDedupCluster(folder + "/peer/buckets", folder + "/peer/remove", config=config))
    run(tasks, JsonlReader(folder + "/peer/clean"), MinhashDedupFilter(folder + "/peer/remove"),
        JsonlWriter(folder + "/peer/kept", compression=None))
    marks.append(time.monotonic())
    run(tasks, JsonlReader(folder + "/peer/kept"),
        DocumentTokenizer(folder + "/peer/tokens", local_working_dir=None, tokenizer_name_or_path=tokenizer,
                          eos_token=None, shuffle_documents=False))
    marks.append(time.monotonic())
    print(json.dumps(dict(zip(["clean", "deduplicate", "tokenise"], [b - a for a, b in zip(marks, marks[1:])]))))
"""


def measured(command: list[str], **more: Any) -> tuple[dict[str, float], float, dict[str, int]]:
    """Run a command; return what it printed last, its seconds, and the peak memory of all its processes in MB."""
    import psutil

    peak = {"rss": 0, "pss": 0}
    started = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **more)
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.25):
            rss = pss = 0
            try:
                main = psutil.Process(process.pid)
                for one in [main, *main.children(recursive=True)]:
                    memory = one.memory_full_info()
                    rss += memory.rss
                    pss += memory.pss
            except psutil.Error:
                continue
            peak.update(rss=max(peak["rss"], rss >> 20), pss=max(peak["pss"], pss >> 20))

    watcher = threading.Thread(target=watch)
    watcher.start()
    out, _ = process.communicate()
    over.set()
    watcher.join()
    if process.returncode:
        raise SystemExit(f"{command[:4]} failed")
    return json.loads(out.strip().splitlines()[-1]), time.monotonic() - started, peak


def shingles(text: str) -> set[Any]:
    """Cut a text into runs of 3 words, or of 5 Chinese characters, as the deduplication does."""
    from dsol.corpus.words import words

    found = words([text])
    runs, within = found.runs(5 if found.chinese[0] else 3)
    return set(runs[within].tolist())


def judge(folder: Path) -> dict[str, Any]:
    """Compare what was dropped with what was planted, near duplicates by their exact similarity."""
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    near: dict[str, str] = dict(truth["near"])
    wanted = set(near) | set(near.values())
    kept: Counter[str] = Counter()
    boilerplate = 0
    for path in (folder / "built" / "web.jsonl", folder / "built" / "heldout" / "web.jsonl"):
        for row in rows(path):
            kept[row["text"].split("\n", 1)[0]] += 1
            boilerplate += any(line in row["text"] for line in BOILERPLATE)
    originals = {
        row["id"]: row["text"]
        for path in (folder / "corpus").glob("*.jsonl")
        for row in rows(path)
        if row["id"] in wanted
    }
    bins: dict[str, list[int]] = {f"{low}-{min(high, 1.0)}": [0, 0] for low, high in BINS}
    dirty = set(truth["contaminated"])
    for name, of in list(near.items())[:20_000]:
        if of in dirty or name in dirty:
            continue
        one, two = (
            shingles("\n".join(line for line in originals[key].split("\n")[1:] if line not in BOILERPLATE))
            for key in (name, of)
        )
        similar = len(one & two) / max(len(one | two), 1)
        for (low, high), counts in zip(BINS, bins.values(), strict=True):
            if low <= similar < high:
                counts[0] += 1
                counts[1] += not (kept[name] and kept[of])
    planted = set(near) | set(truth["exact"]) | dirty | set(near.values())
    numbers = {f"d{number}x" for number in range(truth["documents"])}
    copies = Counter(truth["exact"])
    unplanted = sum(1 for name in numbers - planted if not kept[name])
    slots = truth["documents"] - len(truth["exact"])
    return {
        "documents": truth["documents"],
        "exact copies planted": sum(copies.values()),
        "exact copies left": sum(max(kept[name] - 1, 0) for name in copies),
        "near duplicates by similarity: planted, one of the two dropped": bins,
        "documents not planted, dropped": unplanted - (truth["documents"] - slots),
        "contaminated planted": len(dirty),
        "contaminated left": sum(kept[name] > 0 for name in dirty),
        "boilerplate left in documents": boilerplate,
    }


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """Read JSON Lines."""
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def main() -> None:
    """Make the corpus, run the steps and the peer's, print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument(
        "--tokenizer", default="", help="a folder with tokenizer.json and a chat template; none: not tokenised"
    )
    parser.add_argument("--context", type=int, default=4096)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--peer", default="", help="a Python with datatrove; none: ours alone")
    parser.add_argument("--ours", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.ours:
        print(json.dumps(ours(given.folder, given.context, given.tokenizer, given.processes)))
        return
    if not (given.folder / "truth.json").exists():
        make(given.folder, given.megabytes)
    found: dict[str, Any] = {}
    documents = json.loads((given.folder / "truth.json").read_text(encoding="utf-8"))["documents"]
    size = sum(path.stat().st_size for path in (given.folder / "corpus").glob("*.jsonl")) / 2**20

    def note(name: str, steps: dict[str, float], seconds: float, peak: dict[str, int]) -> None:
        found[name] = {
            "seconds": {**{step: round(value, 1) for step, value in steps.items()}, "all": round(seconds, 1)},
            "documents_per_second": round(documents / sum(steps.values()), 1),
            "megabytes_per_second": round(size / sum(steps.values()), 2),
            "peak_megabytes": peak,
        }
        print(name, found[name], file=sys.stderr)

    note("dsol", *measured([sys.executable, __file__, "--ours", *sys.argv[1:]]))
    if given.peer:
        script = given.folder / "peer.py"
        script.write_text(PEER, encoding="utf-8")
        command = [
            given.peer,
            str(script),
            str(given.folder),
            f"{given.tokenizer}/tokenizer.json",
            str(given.processes),
        ]
        note("datatrove", *measured(command, env={**os.environ, "PYTHONPATH": ""}))
    print(
        json.dumps(
            {"megabytes": round(size), "documents": documents, **found, "quality": judge(given.folder)}, indent=1
        )
    )


if __name__ == "__main__":
    main()
