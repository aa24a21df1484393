"""Files as their publishers have them, and slips that must not pass for texts without triples."""

from __future__ import annotations

import json

import pytest

from dsol_d2spo.labelled import documents, schemas

from .d2spo_rows import triples, write, wrong


def said(path):
    return [triples(document) for document in documents.read([path])]


def test_duies_schema_has_no_ending(tmp_path):
    rows = [
        {"object_type": "地点", "predicate": "祖籍", "subject_type": "人物"},
        {"object_type": {"inWork": "影视作品", "@value": "人物"}, "predicate": "饰演", "subject_type": "人物"},
    ]
    found = schemas.read(write(tmp_path, "all_50_schemas", rows))
    assert [one.predicate for one in found.predicates] == ["祖籍", "饰演.inWork", "饰演"]


def test_docreds_labels_as_columns(tmp_path):
    row = {
        "title": "A",
        "sents": [["A", "founded", "B", "."]],
        "vertexSet": [[{"pos": [0, 1], "sent_id": 0, "type": "PER"}], [{"pos": [2, 3], "sent_id": 0, "type": "ORG"}]],
        "labels": {"head": [1], "tail": [0], "relation_id": ["P112"], "relation_text": ["founded by"],
                   "evidence": [[0]]},
    }  # fmt: skip
    (one,) = documents.read([write(tmp_path, "a.json", json.dumps([row]))])
    assert [(gold.triple.subject, gold.triple.predicate, len(gold.evidence)) for gold in one.gold] == [
        ("B", "founded by", 1)
    ]
    row["labels"]["tail"] = []
    (problem,) = wrong([write(tmp_path, "b.json", json.dumps([row]))])
    assert "field 'labels'" in problem


@pytest.mark.parametrize("evidence", [5, ["0"], [7]])
def test_evidence_that_is_none_is_told(tmp_path, evidence):
    row = {
        "sents": [["A", "B"]],
        "vertexSet": [[{"pos": [0, 1], "sent_id": 0}], [{"pos": [1, 2], "sent_id": 0}]],
        "labels": [{"h": 0, "t": 1, "r": "P1", "evidence": evidence}],
    }
    (problem,) = wrong([write(tmp_path, "a.json", json.dumps([row]))])
    assert "labels[1].evidence" in problem


def test_what_lies_beside_the_documents_is_no_document(tmp_path):
    row = {"tokens": ["A", "in", "B"], "entities": [{"type": "Loc", "start": 0, "end": 1}], "relations": []}
    write(tmp_path, "conll04_train.json", json.dumps([row]))
    write(tmp_path, "conll04_types.json", json.dumps({"entities": {"Loc": {}}, "relations": {}}))
    write(tmp_path, "rel2id.json", json.dumps({"P1": 1}))
    assert [one.text for one in documents.read([tmp_path])] == ["A in B"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", 'head,relation,tail,text\nParis,capital of,France,"Paris, ""the"" capital of France"\n'),
        ("b.tsv", "Paris\tFrance\tcapital of\tParis, the capital of France\r\n"),
        ("c.tsv", "head\ttail\trelation\tsentence\nParis\tFrance\tcapital of\tParis, the capital of France\n"),
        ("d.txt", "head\ttail\trelation\tsentence\nParis\tFrance\tcapital of\tParis, the capital of France\n"),
        ("e.jsonl", '{"text":"Paris in France","subject":"Paris","predicate":"capital of","object":"France"}'),
        ("f.jsonl", '{"text":"Paris in France","triples":[{"head":"Paris","relation":"capital of","tail":"France"}]}'),
    ],
)
def test_rows_that_say_one_triple_each(tmp_path, name, content):
    assert said(write(tmp_path, name, content)) == [[("Paris", "capital of", "France")]]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.jsonl", [{"text": "A B", "triplets": [{"subject": "A", "predicate": "p", "object": "B"}]}], "'triplets'"),
        ("b.jsonl", [{"text": "A B", "triples": [{"subject": " ", "predicate": "p", "object": "B"}]}], "[1].subject"),
        ("c.jsonl", [{"text": "A B", "triples": [{"subject": "A", "predicate": "\t", "object": "B"}]}], ".predicate"),
        ("d.jsonl", '{"text": "A \\ud83d", "triples": []}', "half a character"),
        ("e.txt", "founded\tA\tB\tA founded B\n".replace("A founded B", "C D"), "order of the cells"),
        ("f.json", [{"sentences": [["A"]], "ner": "x"}], "field 'ner': must be a list of lists"),
    ],
)
def test_slips_are_told(tmp_path, name, content, words):
    (problem,) = wrong([write(tmp_path, name, content)])
    assert words in problem


def test_wide_spaces_of_a_name_are_the_text_s(tmp_path):
    row = {"text": "张三　李四 说　王五", "triples": [{"subject": "张三　李四", "predicate": "说", "object": " 王五"}]}
    assert said(write(tmp_path, "a.jsonl", [row])) == [[("张三　李四", "说", "王五")]]
