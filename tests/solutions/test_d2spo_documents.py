"""Labelled documents in every form, and what is said of rows that don't fit."""

import json

import pytest

from dsol import DataError
from dsol_d2spo.labelled import documents, schemas
from dsol_d2spo.labelled.clauses import clauses
from dsol_d2spo.labelled.proposing import propose
from dsol_d2spo.schema import Predicate, Schema

from .d2spo_rows import triples, write, wrong

SCHEMA = Schema(
    predicates=(
        Predicate(predicate="founded by", subject_type="ORG", object_type="PER", aliases=("创始人",)),
        Predicate(predicate="inception", subject_type="ORG", object_type="TIME"),
    )
)


def test_plain_rows_and_aliases(tmp_path):
    row = {"subject": "华为", "predicate": "创始人", "object": "任正非", "subject_type": "ORG", "object_type": "PER"}
    path = write(
        tmp_path, "a.jsonl", [{"id": "x", "text": "华为由任正非创立。", "triples": [row]}, {"text": "No triple."}]
    )
    one, two = documents.read([path], SCHEMA)
    assert (one.id, one.language, triples(one)) == ("x", "zh", [("华为", "founded by", "任正非")])
    assert (two.language, two.gold) == ("en", ())


def test_duie_objects_of_several_parts(tmp_path):
    said = {
        "subject": "王雪纯",
        "subject_type": "娱乐人物",
        "predicate": "配音",
        "object": {"@value": "晴雯", "inWork": "晴雯曲"},
        "object_type": {"@value": "人物", "inWork": "影视作品"},
    }
    row = {"text": "王雪纯在《晴雯曲》中配音。", "spo_list": [said]}
    (one,) = documents.read([write(tmp_path, "duie.json", [row])])
    assert triples(one) == [("王雪纯", "配音", "晴雯"), ("王雪纯", "配音.inWork", "晴雯曲")]
    assert [gold.triple.object_type for gold in one.gold] == ["人物", "影视作品"]


def test_duie_schema_is_read_as_its_rows_are(tmp_path):
    row = {"predicate": "配音", "subject_type": "娱乐人物", "object_type": {"@value": "人物", "inWork": "影视作品"}}
    schema = schemas.read(write(tmp_path, "schema.json", [row]))
    assert [(one.predicate, one.object_type) for one in schema.predicates] == [
        ("配音", "人物"),
        ("配音.inWork", "影视作品"),
    ]


def test_conll04_spans(tmp_path):
    row = {"tokens": ["John", "Wilkes", "Booth", "shot", "Lincoln", "."], "orig_id": 7,
           "entities": [{"type": "Peop", "start": 0, "end": 3}, {"type": "Peop", "start": 4, "end": 5}],
           "relations": [{"type": "Kill", "head": 0, "tail": 1}]}  # fmt: skip
    (one,) = documents.read([write(tmp_path, "conll04.json", json.dumps([row]))])
    assert one.text == "John Wilkes Booth shot Lincoln."
    assert triples(one) == [("John Wilkes Booth", "Kill", "Lincoln")]
    span = one.entities[1].mentions[0]
    assert one.text[span.start : span.end] == "Lincoln"


def test_scierc_sentences(tmp_path):
    row = {"doc_key": "X96", "sentences": [["We", "use", "CRFs", "."], ["They", "tag", "names", "."]],
           "ner": [[[2, 2, "Method"]], [[6, 6, "Task"]]], "relations": [[[2, 2, 6, 6, "USED-FOR"]], []]}  # fmt: skip
    (one,) = documents.read([write(tmp_path, "scierc.jsonl", [row])])
    assert (one.id, triples(one), len(one.sentences)) == ("X96", [("CRFs", "USED-FOR", "names")], 2)


def docred(**changes):
    row = {"title": "T", "sents": [["Ada", "Lovelace", "was", "born", "in", "London", "."], ["Lovelace", "died", "."]],
           "vertexSet": [[{"name": "Ada Lovelace", "pos": [0, 2], "sent_id": 0, "type": "PER"},
                          {"name": "Lovelace", "pos": [0, 1], "sent_id": 1, "type": "PER"}],
                         [{"name": "London", "pos": [5, 6], "sent_id": 0, "type": "LOC"}]],
           "labels": [{"h": 0, "t": 1, "r": "P19", "evidence": [0]}]}  # fmt: skip
    return row | changes


def test_docred_has_aliases_evidence_and_names_of_relations(tmp_path):
    write(tmp_path, "rel_info.json", json.dumps({"P19": "place of birth"}))
    (one,) = documents.read([write(tmp_path, "dev.json", json.dumps([docred()]))])
    (gold,) = one.gold
    assert triples(one) == [("Ada Lovelace", "place of birth", "London")]
    assert gold.subject_names == ("Ada Lovelace", "Lovelace")
    assert [one.text[span.start : span.end] for span in gold.evidence] == ["Ada Lovelace was born in London."]
    assert documents.read([tmp_path]) == [one]  # a folder, without the file of names


def test_lines_of_finre_and_no_relation(tmp_path):
    told = "东方航空将与上航合并"
    text = f"东方航空\t上航\tunknown\t{told}\n\n东方航空\t上航\t合并\t{told}\n甲\t乙\tunknown\t甲见乙\n"
    one, two = documents.read([write(tmp_path, "train.txt", text)])
    assert triples(one) == [("东方航空", "合并", "上航")]
    assert [entity.names[0] for entity in one.entities] == ["东方航空", "上航"]
    assert two.gold == ()


def test_flat_tables(tmp_path):
    pytest.importorskip("pyarrow")
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [
        {"text": "A founded B.", "subject": "B", "predicate": "founded by", "object": "A"},
        {"text": "A founded B.", "subject": "B", "predicate": "inception", "object": "2001"},
        {"text": "Nothing.", "subject": None, "predicate": None, "object": None},
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    header = "text,subject,predicate,object\n"
    lines = "A founded B.,B,founded by,A\nA founded B.,B,inception,2001\nNothing.,,,\n"
    csv = write(tmp_path, "a.csv", header + lines)
    for path in (tmp_path / "a.parquet", csv):
        one, two = documents.read([path])
        assert triples(one) == [("B", "founded by", "A"), ("B", "inception", "2001")]
        assert two.gold == ()


def test_all_problems_at_once_with_line_and_field(tmp_path):
    good = {"subject": "A", "predicate": "founded by", "object": "B", "subject_type": "ORG", "object_type": "PER"}
    rows = [
        {"text": "A by B.", "triples": [good, good | {"predicate": "married to"}]},
        {"text": "A by B.", "triples": [good | {"subject_type": "PLANET"}]},
        {"text": "  ", "triples": []},
        {"text": "A by B.", "triples": [{"subject": "A", "predicate": "founded by"}, "no"]},
        {"words": 1},
        {"text": 7},
    ]
    path = write(tmp_path, "bad.jsonl", [*rows, "a line"])
    path.write_text(path.read_text() + '\n{"text": "cut', encoding="utf-8")
    found = wrong([path], SCHEMA)
    for line, words in (
        (1, ("triple 2, field 'predicate'", "married to", "founded by, inception")),
        (2, ("subject_type", "PLANET", "ORG, PER, TIME")),
        (3, ("field 'text'", "is empty")),
        (4, ("triples[1].object", "missing or empty")),
        (4, ("triples[2]", "must be an object")),
        (5, ("none of the known forms", "words")),
        (6, ("field 'text'", "must be text, found int")),
        (7, ("found str",)),
        (8, ("malformed JSON",)),
    ):
        assert any(f"{path}:{line}:" in one and all(word in one for word in words) for one in found), (line, words)
    assert len(found) == 9


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"tokens": ["a", "b"], "entities": [{"type": "X", "start": 1, "end": 3}]}, ("entities[1]", "of the 2 tokens")),
        ({"tokens": list("abcd"), "entities": [{"start": 0, "end": 2}, {"start": 1, "end": 3}]},
         ("entities[2]", "overlap")),
        ({"tokens": []}, ("tokens", "isn't empty")),
        ({"tokens": ["a"], "relations": [{"type": "X", "head": 0, "tail": 1}]}, ("relations[1].head", "none of the 0")),
        (docred(sents=[]), ("sents", "none of them empty")),
        (docred(labels=[{"h": 0, "t": 9, "r": "P19"}]), ("labels[1].t", "9 is none of the 2")),
        (docred(vertexSet=[[{"name": "x", "pos": [0, 99], "sent_id": 0}]]), ("vertexSet[1][1].pos", "end 99")),
        (docred(vertexSet=[[{"name": "x", "pos": [0, 1], "sent_id": 5}]]), ("sent_id", "no sentence of the 2")),
        ({"sentences": [["a", "b"]], "ner": [[[0, 7, "X"]]]}, ("ner[1]", "within the 2 tokens")),
    ],
)  # fmt: skip
def test_spans_that_do_not_fit(tmp_path, row, words):
    (problem,) = wrong([write(tmp_path, "bad.jsonl", [row])])
    assert all(word in problem for word in (f"{tmp_path / 'bad.jsonl'}:1", *words)), problem


def test_files_that_are_no_documents(tmp_path):
    binary = tmp_path / "image.jsonl"
    binary.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\xff\xfe")
    assert "not UTF-8" in wrong([binary])[0]
    assert "empty" in wrong([write(tmp_path, "empty.json", "")])[0]
    assert "no such file" in wrong([tmp_path / "nothing.jsonl"])[0]
    assert "can't read .docx" in wrong([write(tmp_path, "a.docx", "x")])[0]
    assert "it has no labels" in wrong([write(tmp_path, "prose.txt", "Some prose.\nMore of it.\n")])[0]
    assert "4 with tabs" in wrong([write(tmp_path, "lines.txt", "a\tb\tc\td\na\tb\n")])[0]
    assert "no column 'text'" in wrong([write(tmp_path, "a.csv", "x,y\n1,2\n")])[0]


def test_schema_files_round_trip_and_say_what_is_wrong(tmp_path):
    for name in ("a.yaml", "a.json"):
        schemas.write(SCHEMA, tmp_path / name)
        assert schemas.read(tmp_path / name) == SCHEMA
    rows = ("{predicate: a, subject: X}", "{subject_type: X}", "{predicate: b, aliases: [c]}", "{predicate: c}")
    bad = write(tmp_path, "bad.yaml", "".join(f"- {row}\n" for row in (*rows, "{predicate: b}", "b")))
    with pytest.raises(DataError) as error:
        schemas.read(bad)
    said = "\n".join(error.value.problems)
    for words in ("predicate 1: field 'subject'", "predicate 2: field 'predicate'", "'c' is an alias", "listed twice",
                  "predicate 6: expected an object"):  # fmt: skip
        assert words in said
    for content in ("", "7", "[]", "{", "a: [\n"):
        with pytest.raises(DataError):
            schemas.read(write(tmp_path, "odd.yaml", content))


def test_schema_of_rows_and_of_bare_texts(tmp_path):
    (one,) = documents.read([write(tmp_path, "dev.json", json.dumps([docred()]))])
    (predicate,) = schemas.of_documents([one]).predicates
    assert (predicate.predicate, predicate.subject_type, predicate.object_type) == ("P19", "PER", "LOC")
    assert propose([one]) == schemas.of_documents([one])
    texts = [
        "Alice Smith works for Acme Group. Bob Jones works for Beta Holdings.",
        "Carol King works for Delta Works.",
    ]
    assert "works for" in [one.predicate for one in propose(texts=texts).predicates]
    assert propose(texts=["nothing here"]).predicates == ()


def test_a_schema_is_proposed_from_each_language_of_a_text():
    chinese = (
        "华晨光学总部位于苏州，由李文博创立。陈嘉怡在华晨光学担任工程师。蓝海能源总部位于成都，由王晓琳于1999年创立。"
    )
    english = "Northwind Optics is based in Rotterdam. It was founded by Lena Hartmann. Calder is based in Leeds."
    alone = [one.predicate for one in propose(texts=[chinese]).predicates]
    assert alone == ["总部位于", "由…创立"]
    both = {one.predicate for one in propose(texts=[chinese + english, "It was founded by Oskar Velling."]).predicates}
    assert both == {*alone, "based in", "founded by"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("陈嘉怡在华晨光学担任工程师。", [("陈嘉怡", "担任", "工程师")]),
        ("该公司由王晓琳于1999年创立，现总部位于成都。", [("公司", "由…创立", "王晓琳")]),
        ("《三体》由刘慈欣撰写。", [("三体", "由…撰写", "刘慈欣")]),
        ("2019年鲁迅毕业于北京大学", [("鲁迅", "毕业于", "北京大学")]),
        ("位于", []),
        ("今天天气很好。", []),
    ],
)
def test_chinese_clauses_are_read_around_their_verb(text, said):
    assert [(one.subject, one.phrase, one.object) for one in clauses(text)] == said


TRIPLE = {"subject": "Ann", "predicate": "employer", "object": "Acme"}
TEXT = "Ann works for Acme."
EMPLOYER = Schema(
    predicates=(
        Predicate(predicate="employer", subject_type="PER", object_type="ORG", aliases=("works for",)),
        Predicate(predicate="spouse", subject_type="PER", object_type="PER"),
        Predicate(predicate="owner", subject_type="ORG", object_type="PER", symmetric=True),
    )
)


def test_rows_of_several_forms_in_one_file(tmp_path):
    rows = [
        {"text": TEXT, "triples": [TRIPLE]},
        {"tokens": ["A", "in", "B"]},
        {"tokens": ["C", "in", "D"]},
        {"text": "Bob at Bolt.", "subject": "Bob", "predicate": "employer", "object": "Bolt"},
        {"text": "Bob at Bolt.", "subject": "Bob", "predicate": "owner", "object": "Bolt", "relation": None},
        {"text": "Bob at Bolt."},
    ]
    found = documents.read([write(tmp_path, "a.jsonl", rows)])
    assert [one.text for one in found] == [TEXT, "A in B", "C in D", "Bob at Bolt."]
    assert [len(one.gold) for one in found] == [1, 0, 0, 2]


def test_a_part_of_a_triple_alone_is_about_something_else_unless_rows_say_triples(tmp_path):
    rows = [{"text": TEXT, "triples": [TRIPLE]}, {"text": "Nothing here.", "subject": "sport"}]
    assert [len(one.gold) for one in documents.read([write(tmp_path, "a.jsonl", rows)])] == [1, 0]
    rows.append({"text": "Bob at Bolt.", **TRIPLE, "subject": "Bob", "object": "Bolt"})
    (problem,) = wrong([write(tmp_path, "b.jsonl", rows)])
    assert problem.endswith("b.jsonl:2: field 'predicate': is missing or empty")
    (problem,) = wrong([write(tmp_path, "c.jsonl", [{"text": TEXT, "triples": [TRIPLE], **TRIPLE}])])
    assert "field 'triples': stands beside subject, predicate and object" in problem


def test_rows_with_one_triple_each_are_named_by_their_own_lines_and_fields(tmp_path):
    lines = "text,head,relation,tail,subject_type\n" + "\n".join(
        f"Ann at Acme,{cells}"
        for cells in ("Ann,employer,Acme,PER", "Ann,boss,Acme,", "Ann,employer,,", ",employer,A,")
    )
    found = wrong([write(tmp_path, "a.csv", lines)], EMPLOYER)
    assert [one.rpartition("a.csv:")[2].partition(": ")[::2] for one in found] == [
        ("3", "field 'predicate': 'boss' is not in the schema (there is: employer, spouse, owner)"),
        ("4", "field 'tail': is missing or empty"),
        ("5", "field 'head': is missing or empty"),
    ]
    (problem,) = wrong([write(tmp_path, "b.txt", "A\tB\temployer\tA at B\nA\tB\tboss\tA at B\n")], EMPLOYER)
    assert "b.txt:2: field 'predicate'" in problem


def test_types_that_the_schema_does_not_allow_a_predicate(tmp_path):
    rows = [
        {
            "text": TEXT,
            "triples": [TRIPLE | {"subject_type": "PER"}, TRIPLE | {"predicate": "owner", "object_type": "ORG"}],
        },
        {"text": TEXT, "triples": [TRIPLE, TRIPLE | {"subject_type": "ORG", "object_type": "PER"}]},
        {"text": TEXT, "triples": [TRIPLE | {"predicate": "Works for", "object_type": "PER"}]},
    ]
    one, two = wrong([write(tmp_path, "a.jsonl", rows)], EMPLOYER)
    assert "a.jsonl:2: triple 2, fields 'subject_type' and 'object_type': 'employer' is from PER to ORG in the" in one
    assert "not from ORG to PER" in one
    assert "a.jsonl:3: triple 1" in two
    slip = docred(labels=[{"h": 1, "t": 0, "r": "P19"}])  # types of entities slip in every real file: they are counted
    birth = Schema(predicates=(Predicate(predicate="P19", subject_type="PER", object_type="LOC"),))
    assert documents.read([write(tmp_path, "a.json", json.dumps([slip]))], birth)[0].gold


@pytest.mark.parametrize(
    "field",
    [
        {"spo": [{"head": "Ann", "relation": "employer", "tail": "Acme"}]},
        {"triple_list": [["Ann", "employer", "Acme"]]},
        {"Triples": [["Ann", "Acme", "employer"]]},
        {"triple": {"subject": "Ann", "relation": "employer", "object": "Acme"}},
    ],
)
def test_triples_under_another_name_are_told(tmp_path, field):
    (problem,) = wrong([write(tmp_path, "a.jsonl", [{"text": TEXT, "triples": [TRIPLE]}, {"text": TEXT, **field}])])
    assert f"a.jsonl:2: field {next(iter(field))!r}: holds triples; call it 'triples'" in problem


def test_lists_that_are_no_triples_are_left_alone(tmp_path):
    rows = [{"text": TEXT, "entities": [["Ann", "PER", "e1"]], "words": ["Ann", "works", "for"], "empty": []}]
    assert documents.read([write(tmp_path, "a.jsonl", rows)])[0].gold == ()


@pytest.mark.parametrize("value", ["", " ", {"@value": ""}, {"@value": " "}, {"inDate": " "}])
def test_an_empty_object_is_told(tmp_path, value):
    rows = [
        {"text": TEXT, "spo_list": [TRIPLE | {"object": {"@value": "Acme", "inDate": ""}}, TRIPLE | {"object": value}]}
    ]
    (problem,) = wrong([write(tmp_path, "a.jsonl", rows)])
    assert "field 'spo_list[2].object" in problem
    assert "missing or empty" in problem


def test_a_file_of_which_no_triple_stands_in_the_text_is_refused(tmp_path):
    elsewhere = TRIPLE | {"object": "Bolt"}
    (problem,) = wrong([write(tmp_path, "a.jsonl", [{"text": TEXT}, {"text": TEXT, "triples": [elsewhere]}])])
    assert "a.jsonl:2: 'Ann' - employer - 'Bolt': an end doesn't stand in the text" in problem
    assert documents.read([write(tmp_path, "b.jsonl", [{"text": TEXT, "triples": [elsewhere, TRIPLE]}])])


def test_places_that_rows_give_are_checked(tmp_path):
    right = TRIPLE | {"subject_spans": [[0, 3]], "object_spans": [{"start": 14, "end": 18}]}
    assert documents.read([write(tmp_path, "a.jsonl", [{"text": TEXT, "triples": [right]}])])
    for spans, words in (([[1, 4]], "[1, 4] is 'nn '"), ([[0, 99]], "[0, 99] is no [start, end]"), ([3], "3 is no")):
        (problem,) = wrong(
            [write(tmp_path, "b.jsonl", [{"text": TEXT, "triples": [right | {"subject_spans": spans}]}])]
        )
        assert f"b.jsonl:1: field 'triples[1].subject_spans': {words}" in problem


def mentions(*places):
    names = ("ada  lovelace", "7.\nLondon")  # as DocRED writes them at times
    types = ("PER", "LOC")
    return [[{"name": names[at], "pos": list(pos), "sent_id": 0, "type": types[at]}] for at, pos in enumerate(places)]


def test_mentions_that_are_off_by_one(tmp_path):
    rows = [docred(vertexSet=mentions((0, 2), (5, 6))), docred(vertexSet=mentions((1, 3), (4, 5)))]
    (problem,) = wrong([write(tmp_path, "a.jsonl", rows)])
    assert "a.jsonl:2: field 'vertexSet[1][1].pos': [1, 3] of sentence 0 is 'Lovelace was'" in problem
    assert "its name is 'ada  lovelace' (and 1 more)" in problem


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", ":1: malformed JSON"),
        (b"[]", "found list"),
        (b'{"P19": []}', "field 'P19': must be the relation's name, found []"),
        (b'{"P19": 3}', "found 3"),
        (b"\xff\xfe{", "UTF-16"),
    ],
)
def test_a_broken_file_of_relations_is_told(tmp_path, content, words):
    (tmp_path / "rel_info.json").write_bytes(content)
    (problem,) = wrong(
        [write(tmp_path, "a.json", json.dumps([docred()])), write(tmp_path, "b.json", json.dumps([docred()]))]
    )
    assert problem.startswith(str(tmp_path / "rel_info.json"))
    assert words in problem
    assert documents.read([write(tmp_path, "c.jsonl", [{"text": TEXT, "triples": [TRIPLE]}])])  # which needs none


def test_what_is_no_name_of_a_relation_and_one_cell(tmp_path):
    rows = docred(labels=[{"h": 0, "t": 1, "r": 19}, {"h": 0, "t": 1}])
    one, two = wrong([write(tmp_path, "a.json", json.dumps([rows]))])
    assert "labels[1].r': must be text, found int" in one
    assert "labels[2].r': is missing or empty" in two
    assert ": 1 cell where" in wrong([write(tmp_path, "a.txt", "A\tB\tp\tA B\nA\n")])[0]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.jsonl", '{\n"predicates": 3\n}\n', "a.jsonl: field 'predicates': must be a list, found int"),
        ("a.json", "7", "a schema is a list of predicates, found int"),
        ("a.jsonl", '{"predicate": "a"}\n{"predicate": "b"\n', "a.jsonl:2: malformed JSON"),
        ("a.jsonl", '{"predicate": "a"\n{"predicate": "b"}\n', "a.jsonl:1: malformed JSON"),
        (
            "a.json",
            '{"predicates": [\n{"predicate" "b"}]}',
            "a.json:2: malformed JSON: Expecting ':' delimiter at column",
        ),
        ("a.yaml", "- {predicate: a}\n- {predicate: b\n- x\n", "a.yaml:4: not valid YAML: expected ',' or '}'"),
        ("a.yaml", "- predicate: a\n  predicate: b\n", "a.yaml:2: not valid YAML: the key 'predicate' is given twice"),
        ("a.yaml", "- predicate: a\n  aliases: single\n", "predicate 1: field 'aliases': must be a list"),
        ("a.yaml", "- predicate: a\n- predicate: A\n", "'a' and 'A' differ only in case"),
        (
            "a.yaml",
            "- {predicate: a, aliases: [x]}\n- {predicate: b, aliases: [X]}\n",
            "'X' is an alias of 'a' and of 'b'",
        ),
    ],
)
def test_schemas_that_cannot_be_read(tmp_path, name, content, words):
    with pytest.raises(DataError) as error:
        schemas.read(write(tmp_path, name, content))
    (problem,) = error.value.problems
    assert words in problem


def test_a_schema_of_one_predicate_in_every_shape(tmp_path):
    for name, content in (
        ("a.jsonl", '{"predicate": "a"}'),
        ("b.jsonl", '[\n{"predicate": "a"}\n]'),
        ("c.json", '{\n"predicates": [{"predicate": "a"}]\n}'),
        ("e.json", '{"predicates": [\n{"predicate": "a"}]}'),
        ("d", '{"predicate": "a"}\n\n'),
    ):
        assert schemas.read(write(tmp_path, name, content)) == Schema(predicates=(Predicate(predicate="a"),))
