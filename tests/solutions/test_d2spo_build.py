"""The builder: what it makes of labelled documents, in both notations."""

import hashlib
import json
from dataclasses import replace

import pytest

from dsol import Built, DataError, Sample, data
from dsol.corpus.contamination import Contamination
from dsol_d2spo.baseline import make_baseline
from dsol_d2spo.build import build, heldout, schema_of
from dsol_d2spo.document import Document
from dsol_d2spo.labelled import documents
from dsol_d2spo.labelled.division import apart, divide, groups
from dsol_d2spo.labelled.examples import hard_negatives
from dsol_d2spo.labelled.losses import lost, warnings
from dsol_d2spo.learned.knowledge import Knowledge, learn
from dsol_d2spo.prompt import make_prompt, prompts
from dsol_d2spo.schema import Predicate, Schema
from dsol_d2spo.settings import Input, Settings
from dsol_d2spo.solution import D2SPO

from .d2spo_rows import write

DEMO = documents.DEMO / "news_zh" / "train_zh.jsonl"


@pytest.fixture(scope="module", params=["words", "marks"])
def made(request, tmp_path_factory):
    """Build from 60 of the demo's Chinese texts, some of them twice or nearly so."""
    rows = [json.loads(line) for line in DEMO.read_text(encoding="utf-8").splitlines()]
    rows = [*rows[:50], *rows[-8:]]
    again = [{**row, "id": f"again {row['id']}", "text": row["text"] + "！"} for row in rows[:6]]
    path = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in [*rows, *again]), encoding="utf-8")
    settings = Settings(examples=(str(path),), heldout=(), notation=request.param, batch=4, negatives=2)
    return settings, build(settings, 3, lambda what, done, total: None)


def test_documents_are_on_one_side(made):
    _, built = made
    trained = {sample.meta["origin"] for some in built.sources.values() for sample in some}
    judged = {sample.meta["origin"] for some in (built.development, *built.heldout.values()) for sample in some}
    assert trained
    assert len(judged) == built.report["documents"]["development"] + built.report["documents"]["heldout"]
    assert not trained & judged
    texts = {sample.meta["text"].rstrip("！") for some in built.sources.values() for sample in some}
    assert not texts & {sample.meta["text"].rstrip("！") for sample in built.development}


def test_samples_answer_their_prompts(made):
    settings, built = made
    prompt = make_prompt(settings)
    told = nothing = 0
    for sample in (one for some in built.sources.values() for one in some):
        read = prompt.parse(sample.target, sample.input)
        assert not read.dropped
        assert prompt.chat(sample.input)[-1]["content"].startswith(sample.input["passage"])
        told += bool(read.triples)
        nothing += not read.triples
        for one in read.triples:
            assert one.subject in sample.input["passage"]
            assert one.object in sample.input["passage"]
    assert told > 20
    assert nothing > 5  # texts without any triple, and predicates and pairs that don't hold


def test_development_samples_have_a_prompt_as_well(made):
    settings, built = made
    prompt = make_prompt(settings)
    for sample in built.development:
        assert prompt.chat(sample.input)
        assert not prompt.parse(sample.target, sample.input).dropped


def test_the_same_seed_builds_the_same(made):
    settings, built = made
    again = build(settings, 3, lambda what, done, total: None)
    assert again.sources == built.sources
    assert again.development == built.development
    assert json.dumps(again.files) == json.dumps(built.files)


def test_what_serving_needs_goes_through_json(made):
    settings, built = made
    files = json.loads(json.dumps(built.files))
    schema, knowledge = Schema.model_validate(files["schema"]), Knowledge.from_json(files["knowledge"])
    text = "腾讯由马化腾于1998年创立，总部位于深圳。"
    before = Knowledge.from_json(built.files["knowledge"])
    assert prompts(text, schema, settings, knowledge) == prompts(text, schema, settings, before)
    assert len({values["passage"] for values in prompts(text, schema, settings, knowledge)}) == 1
    output, confidence = make_baseline(settings, files)(Input(text=text))
    assert 0 <= confidence <= 1
    for one in output.triples:
        assert [text[span.start : span.end] for span in one.subject_spans] == [one.subject] * len(one.subject_spans)
        assert one.grounded


def test_without_knowledge_the_baseline_has_no_answer():
    assert make_baseline(Settings(), {})(Input(text="x")) == (None, 0.0)


def test_batches_hold_hard_negatives():
    named = {
        name: [Predicate(predicate=name, subject_type=one, object_type=two)]
        for name, one, two in [
            ("place of birth", "PER", "LOC"),
            ("place of death", "PER", "LOC"),
            ("residence", "PER", "LOC"),
            ("inception", "ORG", "TIME"),
            ("performer", "MISC", "PER"),
        ]
    }
    import random

    free = [name for name in named if name != "place of birth"]
    for seed in range(20):
        chosen = hard_negatives(["place of birth"], free, named, 2, random.Random(seed))
        assert chosen[0] == "place of death"
        assert len(set(chosen)) == 2


def document(text, id=""):
    return Document(id or text[:9], text)


def test_near_duplicates_stay_together():
    long = "The band was formed in Los Angeles in 1991 and signed with Epic Records after a demo tape of twelve songs"
    some = [document(long), document(long + " today"), document("Something else is told in this one, at some length.")]
    assert groups(some) == [[0, 1], [2]]
    many = [document(f"{long} number {at}", f"{at}") for at in range(10)]
    others = [document(f"Text {at} of the {at * 7} about {'xyz'[at % 3] * 9} and more {at * 31}.") for at in range(20)]
    rest, out = divide([*many, *others], 0.3, 0)
    assert {one.id for one in many} <= {one.id for one in rest} or {one.id for one in many} <= {one.id for one in out}
    kept, gone = apart([*many, others[0]], [document(long)])
    assert (kept, gone) == ([others[0]], 10)


def test_nothing_to_learn_from_or_to_judge_is_said(tmp_path):
    with pytest.raises(DataError, match="no labelled document"):
        build(Settings(examples=()), 0, lambda what, done, total: None)
    with pytest.raises(DataError, match="no held-out file"):
        heldout(Settings(heldout=()), {})


def test_examples_that_are_held_out_as_well_are_said(tmp_path):
    path = write(tmp_path, "a.jsonl", DEMO.read_text(encoding="utf-8").splitlines()[3] + "\n")
    settings = Settings(examples=(str(path),), heldout=(str(path),), calibration=())
    with pytest.raises(
        DataError, match=r"none of the 1 documents is left to train on: all equal or nearly equal heldout"
    ):
        build(settings, 0, lambda what, done, total: None)


def test_samples_that_leaked_are_said(tmp_path):
    sample = Sample(id="a", input={"text": "x"}, target="y")
    built = Built(sources={"s": [sample]}, development=[sample.model_copy(update={"id": "b"})], heldout={})
    with pytest.raises(DataError, match="no training sample is left: 1 have the input of a development or held-out"):
        data.write(tmp_path, built, str, Contamination.of({}))
    with pytest.raises(DataError, match=r"equal ones count once.*--development"):
        data.write(tmp_path, replace(built, development=[]), str, Contamination.of({}))


def test_triples_that_cannot_be_learned_are_counted(tmp_path):
    right = {"subject": "Ann", "predicate": "employer", "object": "Acme"}
    rows = [
        {"text": "Ann works for Acme.", "triples": [right, right | {"object": "Bolt"}]},
        {"text": "Ann of Acme.", "triples": [right | {"subject": "Cid"}]},
    ]
    some = documents.read([write(tmp_path, "a.jsonl", rows)])
    found = lost(some, Schema(predicates=(Predicate(predicate="employer"),)))
    first = f"{tmp_path / 'a.jsonl'}:1: 'Ann' - employer - 'Bolt'"
    assert found == {
        "ends_not_in_text": {"triples": 2, "first": first},
        "types_not_in_schema": {"triples": 0, "first": ""},
    }
    demo = documents.read([documents.DEMO / "redocred" / "development_en.json"], schema_of(Settings()))
    found = lost(demo, schema_of(Settings()))["types_not_in_schema"]
    assert found["triples"] == 4
    assert "development_en.json" in found["first"]


def test_the_report_tells_what_was_lost(made):
    assert made[1].report["ends_not_in_text"] == {"triples": 0, "first": ""}
    assert made[1].report["types_not_in_schema"]["triples"] == 0


def test_the_demo_is_whole():
    from dsol_d2spo.labelled import schemas

    schema = schemas.read(documents.DEMO / "schema.yaml")
    paths = sorted(documents.DEMO.glob("*/*_*.json*"))
    paths = [path for path in paths if path.name != "rel_info.json"]
    assert len(paths) == 5
    for path in paths:
        some = documents.read([path], schema)
        assert all(one.language == path.stem[-2:] for one in some)
        for one in some:
            for gold in one.gold:
                assert gold.triple.subject in one.text
                assert gold.triple.object in one.text
    assert len(documents.read([path for path in paths if path.name == "train_zh.jsonl"])) >= 120
    for name in ("redocred/LICENSE", "redocred/README.md", "news_zh/README.md"):
        assert (documents.DEMO / name).is_file()


def test_prompts_and_files_have_the_layout_that_is_numbered():
    """A model is taught these prompts: where they change, raise `layout` in solution.py, so that older runs say so."""
    schema = schema_of(Settings())
    document = documents.read([DEMO], schema)[0]
    knowledge = learn([document])
    seen = hashlib.sha256()
    for notation in ("words", "marks"):
        for text in (document.text, "Marie Curie was born in Warsaw, and moved to Paris in 1891."):
            values = prompts(text, schema, Settings(notation=notation), knowledge)
            seen.update(repr([make_prompt(Settings()).chat(one) for one in values]).encode())
    seen.update(repr(sorted(knowledge.to_json())).encode())
    assert (D2SPO.layout, seen.hexdigest()[:16]) == (2, "cee208a2eda391f0")


def test_many_labels_that_cannot_be_learned_are_said_before_training(tmp_path):
    rows = [
        {"text": f"{name} lives in Oslo.", "triples": [{"subject": name, "predicate": "home", "object": city}]}
        for at, name in enumerate(["Ada", "Bob", "Cid", "Dan", "Eve", "Flo", "Gus", "Hal", "Ida", "Jon"])
        for city in ["Oslo" if at % 2 else "Rome"]
    ]
    path = str(write(tmp_path, "rows.jsonl", rows))
    settings = Settings(examples=(path,), heldout=(), development=0.2)
    built = build(settings, 0, lambda what, done, total: None)
    assert len(built.warnings) == 1
    assert "5 of 10 labelled triples have an end that their text doesn't hold" in built.warnings[0]
    assert "'Rome'" in built.warnings[0]
    assert warnings({"ends_not_in_text": {"triples": 1}, "types_not_in_schema": {"triples": 0}}, 100) == []
