"""One recipe for documents, conversations and a task: CPT with MIP rows, then SFT; what it leaves, what kills do."""

import json
import random
import subprocess
import time

import numpy as np
import pytest

from dsol import rows
from dsol.files import read_json

EN = [
    "amber",
    "basalt",
    "cedar",
    "delta",
    "ember",
    "fjord",
    "gravel",
    "harbour",
    "inlet",
    "juniper",
    "kelp",
    "lagoon",
    "meadow",
    "nectar",
    "orchard",
    "pebble",
]
ZH = ["山", "河", "湖", "海", "林", "田", "城", "桥", "路", "塔", "舟", "灯", "钟", "琴", "书", "画"]
SHARES = {"norms": 0.2, "pages": 0.1, "手册": 0.2, "wiki": 0.3, "words": 0.2}
RECIPE = """
base: scratch:tiny
solution: echo
settings: {count: 90}
sources:
  norms: {paths: norms, kind: standard}
  pages: {paths: pages.jsonl, kind: site}
  手册: {paths: [book], kind: book}
  wiki: {paths: wiki, kind: general}
  talks: {paths: talks.jsonl, kind: chat}
evaluation: {general: quiz.jsonl, domain: [norms.csv], limit: 12, tokens: 400}
selection: {limit: 5, floor: 100}
stages:
  cpt:
    data: documents
    sources: {norms: 0.2, pages: 0.1, 手册: 0.2, wiki: 0.3, words: 0.2}
    tokens: 12000
    context: 128
    batch_tokens: 512
    repeats: 20
    checkpoints: 2
  sft: {epochs: 2, batch_tokens: 512}
"""


def passage(draw, words, count, gap):
    return gap.join(
        draw.choice(words) + (draw.choice("，。") if gap == "" and at % 9 == 8 else "") for at in range(count)
    )


def lay_out(folder):
    """Write documents of several kinds and languages, conversations, and questions below a folder."""
    draw = random.Random(1)
    (folder / "norms").mkdir()
    (folder / "wiki").mkdir()
    for at in range(30):
        text = "\n\n".join(passage(draw, EN, 60, " ") for _ in range(2))
        (folder / "norms" / f"{at}.md").write_text(f"# Part {at}\n\n{text}\n", encoding="utf-8")
        (folder / "wiki" / f"{at}.txt").write_text(passage(draw, EN, 150, " ") + "\n", encoding="utf-8")
    pages = [json.dumps({"text": passage(draw, EN, 80, " ")}) for _ in range(30)]
    (folder / "pages.jsonl").write_text("\n".join(pages), encoding="utf-8")
    (folder / "book").mkdir()
    for at in range(12):
        chapter = f"# 第{at + 1}章\n\n{passage(draw, ZH, 300, '')}\n"
        (folder / "book" / f"{at:02}.txt").write_text(chapter, encoding="utf-8")
    talks = [
        {"messages": [{"role": "user", "content": f"{word}?"}, {"role": "assistant", "content": word.upper()}]}
        for word in (f"{a} {b}" for a in EN[:8] for b in EN[8:])
    ]
    (folder / "talks.jsonl").write_text("\n".join(map(json.dumps, talks)), encoding="utf-8")
    quiz = [{"question": f"{word}?", "choices": [word, "no", "yes"], "answer": 0} for word in EN]
    (folder / "quiz.jsonl").write_text("\n".join(map(json.dumps, quiz)), encoding="utf-8")
    rows = [f"Which is {word}?,{word},other,none,both,A" for word in EN]
    (folder / "norms.csv").write_text("\n".join(["Question,A,B,C,D,Answer", *rows]), encoding="utf-8")
    (folder / "mixed.yaml").write_text(RECIPE, encoding="utf-8")


@pytest.fixture(scope="module")
def finished(dsol, tmp_path_factory):
    folder = tmp_path_factory.mktemp("mixed")
    lay_out(folder)
    began = time.monotonic()
    trained = dsol("train", "mixed.yaml", "--run", "run", cwd=folder)
    (folder / "took.json").write_text(str(time.monotonic() - began))
    assert trained.returncode == 0, trained.stderr
    return folder, trained.stdout


def test_achieved_token_shares_are_within_one_percent_of_the_plan(finished):
    mix = read_json(finished[0] / "run" / "stages" / "cpt" / "mix.json")
    assert {name for name, one in mix["sources"].items() if one["tokens"]} == set(SHARES)
    for name, share in SHARES.items():
        one = mix["sources"][name]
        assert one["planned_share"] == pytest.approx(share)
        assert abs(one["achieved_share"] - share) < 0.01, name
    assert mix["sources"]["手册"]["kind"] == "book"
    assert mix["sources"]["words"]["kind"] == "task"


def test_a_batch_mixes_documents_and_task_rows_and_every_label_reads_back_as_its_text(finished):
    from dsol_trl.layout import Steps, flatten
    from dsol_trl.model import load_tokenizer

    run = finished[0] / "run"
    tokenizer = load_tokenizer(run / "base")
    order = np.load(run / "stages" / "cpt" / "mix.npy")
    names = [path.stem for path in sorted((run / "rows").glob("*.arrow"))]
    steps = Steps(order, {name: run / "rows" / f"{name}.arrow" for name in names})
    documents = {}
    for name in ("norms", "pages", "手册", "wiki"):
        lines = (run / "data" / "corpora" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        documents[name] = "\n".join(json.loads(line)["text"] for line in lines)
    targets = {json.loads(line)["target"] for line in (run / "data" / "words.jsonl").read_text().splitlines()}
    kinds = set()
    for number in range(steps.count):
        rows = steps.rows(number)
        laid = flatten(rows)
        position, last = 0, None
        inside = set()
        for sequence, source, ids, _, shared in rows:
            name = steps.names[source]
            inside.add("task" if name == "words" else "document")
            if sequence != last:  # a prefix that rows share carries no loss
                last = sequence
                assert (laid["labels"][0, position : position + shared] == -100).all()
                position += shared
            own = ids[shared:]
            # `labels` is shifted: a position holds what its token is to predict.
            labels = laid["labels"][0, position : position + len(own)]
            position += len(own)
            assert labels[-1] == -100  # no row is to predict the next one's beginning
            wanted = labels[labels != -100].tolist()
            if name == "words":
                text = tokenizer.decode(wanted)
                assert text.endswith("<|im_end|>")
                assert text.removesuffix("<|im_end|>") in targets
            else:
                assert wanted == ids[1:].tolist()
                body = tokenizer.decode(ids.tolist()).removesuffix("<|im_end|>").strip()
                pieces = [piece for piece in body.split("\n\n") if not piece.startswith("#")]
                assert all(piece in documents[name] for piece in pieces)
        kinds.add(frozenset(inside))
    assert frozenset({"task", "document"}) in kinds


def test_no_token_sees_another_document(finished):
    from dsol_trl.layout import Steps, flatten

    run = finished[0] / "run"
    names = [path.stem for path in sorted((run / "rows").glob("*.arrow"))]
    steps = Steps(np.load(run / "stages" / "cpt" / "mix.npy"), {n: run / "rows" / f"{n}.arrow" for n in names})
    import torch

    rows = steps.rows(0)
    layout = flatten(rows)["layout"]
    at = torch.arange(len(layout.number))
    seen = layout.visible(at[:, None], at[None, :])
    owner = layout.number
    assert not seen[owner[:, None] != owner[None, :]].any()
    alone = [
        n for n in owner.unique().tolist() if (layout.branch[owner == n] <= 1).all() and layout.branch[owner == n].all()
    ]
    assert alone
    for number in alone:  # a row by itself: a document sees all of itself that came before, and nothing else
        inside = (owner == number).nonzero().flatten()
        assert torch.equal(seen[inside][:, inside], torch.ones(len(inside), len(inside), dtype=torch.bool).tril())


def test_losses_are_logged_by_source_and_held_out_ones_measured(finished):
    run = finished[0] / "run"
    lines = [json.loads(line) for line in (run / "stages" / "cpt" / "log.jsonl").read_text().splitlines()]
    assert {name for line in lines for name in line["sources"]} == set(SHARES)
    curve = read_json(run / "forgetting.json")
    assert [point["at"] for point in curve] == ["start", "cpt", "sft"]
    for point in curve:
        assert {"norms", "pages", "手册", "wiki", "echo"} <= point["losses"].keys()
        assert point["general"]["samples"] == 12
    assert curve[1]["domain_loss"] < curve[0]["domain_loss"]


def test_every_checkpoint_is_scored_on_all_sets_and_the_choice_is_explained(finished):
    run = finished[0] / "run"
    scores = read_json(run / "stages" / "cpt" / "scores.json")
    assert len(scores) == 2
    for one in scores:
        assert {"domain", "general", "tasks", "losses"} <= one.keys()
    chosen = read_json(run / "stages" / "cpt" / "selection.json")
    assert chosen["because"].startswith("best accuracy on the domain's questions")
    assert "since the start" in chosen["because"]
    assert chosen["floor"]["points"] == 100
    for one in scores:  # nothing that might be wanted again is deleted
        assert (run / "stages" / "cpt" / one["checkpoint"] / "model.safetensors").exists()


def test_the_report_shows_the_mix_the_curve_and_the_advice(finished):
    folder, printed = finished
    assert "Domain and general ability" in printed
    page = (folder / "run" / "report.html").read_text(encoding="utf-8")
    for text in ("Domain and general ability", "手册", "general-ratio", "Held-out loss", "languages"):
        assert text in page, text


def test_a_changed_ratio_tokenises_nothing_again(finished, dsol):
    folder, _ = finished
    swept = dsol(
        "sweep",
        "mixed.yaml",
        "--over",
        "stages.cpt.sources.wiki=0.1,0.6",
        "--tokens",
        "2000",
        "--run",
        "sweep",
        cwd=folder,
    )
    assert swept.returncode == 0, swept.stderr
    found = read_json(folder / "sweep" / "sweep.json")
    assert [point["overrides"] for point in found["points"]] == [
        ["stages.cpt.sources.wiki=0.1"],
        ["stages.cpt.sources.wiki=0.6"],
    ]
    for point in found["points"]:
        assert {"echo", "domain questions", "general questions", "general loss"} <= point["numbers"].keys()
    shared = folder / "sweep" / "shared" / "rows"
    variants = [path for path in shared.parent.parent.iterdir() if path.is_dir() and path.name != "shared"]
    assert len(variants) == 2
    assert all((one / "rows").resolve() == shared.resolve() for one in variants)
    assert (folder / "sweep" / "sweep.html").exists()


def test_rows_that_are_held_out_stay_the_same_after_a_kill_between_two_sources(finished):
    folder = finished[0] / "run" / "rows"
    whole, held = folder / "heldout-whole", folder / "heldout"
    assert {path.stem for path in held.glob("*.arrow")} == {"norms", "pages", "手册", "wiki", "talks", "echo"}
    shorter = 0
    for path in sorted(held.glob("*.arrow")):
        before = path.read_bytes()
        shorter += len(rows.read(path)) < len(rows.read(whole / path.name))
        for _ in range(2):  # a process that goes on thins again what one before it had thinned
            rows.thin(whole / path.name, 400, path)
            assert path.read_bytes() == before
    assert shorter


def test_killed_at_ten_random_moments_it_ends_as_the_unbroken_one(finished, start, tmp_path):
    folder, _ = finished
    lay_out(tmp_path)
    took = read_json(folder / "took.json")
    moments = random.Random(7)
    for _ in range(10):
        process = start("train", "mixed.yaml", "--run", "run", cwd=tmp_path)
        try:
            process.communicate(timeout=moments.uniform(0.1, 0.6) * took)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
    last = start("train", "mixed.yaml", "--run", "run", cwd=tmp_path)
    _, errors = last.communicate(timeout=900)
    assert last.returncode == 0, errors
    one, two = folder / "run", tmp_path / "run"
    for stage in ("cpt", "sft"):
        assert (one / "stages" / stage / "mix.npy").read_bytes() == (two / "stages" / stage / "mix.npy").read_bytes()
        assert read_json(one / "stages" / stage / "scores.json") == read_json(two / "stages" / stage / "scores.json")
    assert (one / "model" / "model.safetensors").read_bytes() == (two / "model" / "model.safetensors").read_bytes()
    assert (one / "thresholds.json").read_bytes() == (two / "thresholds.json").read_bytes()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("sources.norms.paths=nowhere", "source norms: "),
        ("sources.norms.kind=novel", "sources.norms.kind: 'novel' is not one of 'standard', 'book'"),
        ("evaluation.general=missing.jsonl", "missing.jsonl"),
        ("evaluation.general=double.jsonl", "double.jsonl"),
        ("stages.cpt.sources={nothing: 1}", "sources.nothing: no source named 'nothing'"),
        ("base=nowhere/at/all", "base"),
    ],
)
def test_what_is_wrong_is_one_line_before_anything_is_trained(dsol, tmp_path, change, message):
    lay_out(tmp_path)
    double = {"question": "q", "choices": ["a", "b"], "answer": [0, 1]}
    (tmp_path / "double.jsonl").write_text(json.dumps(double), encoding="utf-8")
    refused = dsol("train", "mixed.yaml", "--run", "run", "--set", change, cwd=tmp_path)
    assert refused.returncode == 2, refused.stderr
    line = refused.stderr.splitlines()[-1]
    assert line.startswith("error: ")
    assert message in line
    assert not (tmp_path / "run" / "stages").exists()
