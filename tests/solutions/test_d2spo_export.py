"""Every export, with names from hell, read back by parsers that dsol doesn't write with."""

import csv
import html.parser
import json
import re
import shutil
import subprocess
from xml.etree import ElementTree

import ladybug
import pyoxigraph
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsol import DsolError
from dsol_d2spo.characters import for_xml, sound, without_control
from dsol_d2spo.export import FORMATS, writer
from dsol_d2spo.export.cypher import name, statements, string
from dsol_d2spo.export.graph import graph_of, path
from dsol_d2spo.extraction import Extraction
from dsol_d2spo.names.naming import key
from dsol_d2spo.triple import Found, Output, Span

HOSTILE = (
    'O\'Brien "x" `tick`',
    "</script><script>document.title='owned'</script>",
    "<!--<script>",
    "a\nb\r\nc\td\re",
    "\x00\x01\x1f\x7f\x85",
    "back\\slash \\u0027 \\u0060 \\",
    "'}) DETACH DELETE n; //",
    "{{data}} {{library}} ${x}",
    '=HYPERLINK("http://x")',
    "𠮷野家 \u202eevil\u202c",
    "\u2028\u2029\ufeff\ufffe",
    "\ud800 half",
    "&amp; & < > ]]>",
    "%41 /slash#frag?q",
    "",
    " ",
    "é e\u0301",
    "``",
    "``\\",
)
NAMES = st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(), max_size=12))
QUICK = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@st.composite
def extractions(draw):
    names = draw(st.lists(NAMES, min_size=2, max_size=5))
    text = " ".join(names)
    places, at = [], 0
    for one in names:
        places.append(Span(start=at, end=at + len(one)))
        at += len(one) + 1
    found = []
    for _ in range(draw(st.integers(1, 5))):
        one, two = draw(st.integers(0, len(names) - 1)), draw(st.integers(0, len(names) - 1))
        found.append(
            Found(
                subject=names[one],
                predicate=draw(NAMES),
                object=names[two],
                subject_type=draw(NAMES),
                object_type=draw(st.sampled_from(["", "PER"])),
                subject_spans=(places[one],),
                object_spans=(places[two],),
                evidence=(Span(start=0, end=len(text)),),
                confidence=draw(st.floats(0, 1)),
                flag=draw(st.sampled_from(["", "", "low_confidence"])),
            )
        )
    return [Extraction(draw(NAMES), text, Output(triples=tuple(found)))]


def written(some, folder, suffix):
    target = folder / f"graph{suffix}"
    writer(target)(some, target)
    return target


def facts(some):
    return [(sound(e.id), *map(sound, (t.subject, t.predicate, t.object))) for e in some for t in e.output.triples]


@given(extractions())
@QUICK
def test_json_lines_come_back(tmp_path, some):
    lines = written(some, tmp_path, ".jsonl").read_bytes().decode().split("\n")
    rows = [json.loads(line) for line in lines if line]
    assert [(row["document"], row["subject"], row["predicate"], row["object"]) for row in rows] == facts(some)
    text = some[0].text
    for row in rows:
        assert row["evidence"][0]["text"] == sound(text)
        assert sound(text[slice(*row["subject_spans"][0])]) == row["subject"]


@given(extractions())
@QUICK
def test_tables_come_back(tmp_path, some):
    with open(written(some, tmp_path, ".csv"), encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    assert [(row["document"], row["subject"], row["predicate"], row["object"]) for row in rows] == facts(some)
    assert all(row["evidence"] == sound(some[0].text) for row in rows)


@pytest.mark.parametrize("suffix", [".ttl", ".jsonld"])
@given(some=extractions())
@QUICK
def test_rdf_comes_back(tmp_path, suffix, some):
    form = {".ttl": pyoxigraph.RdfFormat.TURTLE, ".jsonld": pyoxigraph.RdfFormat.JSON_LD}[suffix]
    quads = list(pyoxigraph.parse(path=str(written(some, tmp_path, suffix)), format=form))
    label = "http://www.w3.org/2000/01/rdf-schema#label"
    labels = {quad.subject.value: quad.object.value for quad in quads if quad.predicate.value == label}
    graph = graph_of(some)
    for node in graph.nodes:
        assert labels[f"urn:d2spo:entity/{node.id}"] == node.name
    asserted = {
        (quad.subject.value, quad.predicate.value, quad.object.value)
        for quad in quads
        if quad.predicate.value.startswith("urn:d2spo:predicate/")
    }
    iris = {
        (f"urn:d2spo:entity/{e.subject}", f"urn:d2spo:predicate/{path(e.predicate)}", f"urn:d2spo:entity/{e.object}")
        for e in graph.edges
        if not e.flag
    }
    assert asserted == iris  # what is flagged is told about, not asserted
    exact = "http://www.w3.org/ns/oa#exact"
    assert {quad.object.value for quad in quads if quad.predicate.value == exact} == {
        proof.text for edge in graph.edges for proof in edge.proofs
    }


@given(extractions())
@QUICK
def test_graphml_comes_back(tmp_path, some):
    space = "{http://graphml.graphdrawing.org/xmlns}"
    root = ElementTree.parse(written(some, tmp_path, ".graphml")).getroot()

    def values(item):
        return {data.get("key"): data.text or "" for data in item.findall(f"{space}data")}

    nodes = {item.get("id"): values(item)["label"] for item in root.iter(f"{space}node")}
    graph = graph_of(some)
    assert list(nodes.values()) == [for_xml(node.name) for node in graph.nodes]
    edges = [(nodes[e.get("source")], values(e)["label"], nodes[e.get("target")]) for e in root.iter(f"{space}edge")]
    names = {node.id: for_xml(node.name) for node in graph.nodes}
    assert sorted(edges) == sorted((names[e.subject], for_xml(e.predicate), names[e.object]) for e in graph.edges)


@pytest.fixture(scope="module")
def cypher():
    """Run Cypher in a database that isn't Neo4j: gives rows and the columns' names."""
    connection = ladybug.Connection(ladybug.Database(":memory:"))

    def run(query):
        result = connection.execute(query)
        return result.get_all(), result.get_column_names()

    return run


@given(text=NAMES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_cypher_reads_strings_and_names_as_they_were(cypher, text):
    rows, columns = cypher(f"RETURN {string(text)} AS {name(text)}")
    assert rows == [[sound(text)]]
    assert columns == [without_control(text).replace("\\", "＼") or "_"]
    # Where \u escapes are read before all else, as in some Neo4j, nothing new may end a string either.
    early = re.sub(r"\\u([0-9A-F]{4})", lambda m: chr(int(m[1], 16)), string(text))
    assert re.fullmatch(r"'(?:[^'\\]|\\.)*'", early, re.DOTALL)


def test_cypher_builds_the_graph_and_twice_the_same():
    names = [one for one in HOSTILE if "." not in one]  # this database takes a dot as the end of its own name
    triples = tuple(
        Found(subject=names[at - 1], predicate=one, object=names[at - 2], object_type="PER", confidence=0.5)
        for at, one in enumerate(names)
    )
    graph = graph_of([Extraction("a.txt", "", Output(triples=triples))])
    connection = ladybug.Connection(ladybug.Database(":memory:"))
    connection.execute("CREATE NODE TABLE Entity(id STRING PRIMARY KEY, name STRING, aliases STRING[])")
    kept = "predicate STRING, confidence DOUBLE, count INT64, source STRING, flag STRING"
    lists = "documents STRING[], offsets INT64[], evidence STRING[]"
    for kind in {name(edge.predicate) for edge in graph.edges}:
        connection.execute(f"CREATE REL TABLE {kind}(FROM Entity TO Entity, {kept}, {lists})")
    for _ in range(2):
        for one in statements(graph):
            if "CONSTRAINT" not in one and "SET e:" not in one:  # what only Neo4j has: constraints, a second label
                connection.execute(one)
        rows = connection.execute("MATCH (s)-[r]->(o) RETURN s.id, r.predicate, o.id, s.name").get_all()
        assert sorted(row[:3] for row in rows) == sorted([e.subject, e.predicate, e.object] for e in graph.edges)
        assert {row[3] for row in rows} == {sound(one) for one in names}


class Page(html.parser.HTMLParser):
    """Collects scripts, and every attribute that could ask for something."""

    def __init__(self, text):
        super().__init__()
        self.scripts, self.asked, self.inside, self.title = [], [], None, ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.asked += [value for attribute, value in attributes if attribute in ("src", "href")]
        self.inside = tag
        if tag == "script":
            self.scripts.append([dict(attributes).get("id", ""), ""])

    def handle_endtag(self, tag):
        self.inside = None

    def handle_data(self, data):
        if self.inside == "script":
            self.scripts[-1][1] += data
        if self.inside == "title":
            self.title += data


@given(extractions())
@QUICK
def test_the_page_holds_the_data_and_four_scripts(tmp_path, some):
    page = Page(written(some, tmp_path, ".html").read_bytes().decode())
    graph = graph_of(some)
    assert [one[0] for one in page.scripts] == ["data", "words", "", ""]
    data = json.loads(page.scripts[0][1])
    assert [node["name"] for node in data["nodes"]] == [node.name for node in graph.nodes]
    assert [edge["predicate"] for edge in data["edges"]] == [edge.predicate for edge in graph.edges]
    assert {text for _, _, text in data["sentences"]} == {p.text for edge in graph.edges for p in edge.proofs}
    assert page.asked == []


def city(**more):
    text = "Rome lies in Italy. It rains."
    found = Found(
        subject="Rome",
        predicate="country",
        object="Italy",
        subject_type="LOC",
        subject_spans=(Span(start=0, end=4),),
        object_spans=(Span(start=13, end=18),),
        evidence=(Span(start=0, end=19),),
        confidence=0.75,
        **more,
    )
    return Extraction("a.txt", text, Output(triples=(found,)))


def test_what_two_documents_say_is_one_relation_with_two_proofs():
    two = Extraction("b.txt", *(getattr(city(flag="low_confidence"), one) for one in ("text", "output")))
    graph = graph_of([city(), two])
    assert len(graph.nodes) == 2
    assert len(graph.edges) == 1
    edge = graph.edges[0]
    assert (edge.count, edge.flag, [proof.document for proof in edge.proofs]) == (2, "", ["a.txt", "b.txt"])
    proof = edge.proofs[0]
    assert [proof.text[slice(*one)] for one in (*proof.subject, *proof.object)] == ["Rome", "Italy"]


def test_names_of_one_kind_meet_and_of_two_kinds_do_not():
    found = [("Washington", "PER"), ("WASHINGTON", "LOC"), ("washington", ""), ("rome", ""), ("Rome", "LOC")]
    triples = tuple(Found(subject=name, predicate="p", object="x", subject_type=kind) for name, kind in found)
    nodes = [node for node in graph_of([Extraction("a", "", Output(triples=triples))]).nodes if node.name != "x"]
    assert sorted((key(node.name), node.type) for node in nodes) == [
        ("rome", "LOC"),
        ("washington", ""),
        ("washington", "LOC"),
        ("washington", "PER"),
    ]
    assert len({node.id for node in nodes}) == 4


@pytest.mark.parametrize("suffix", FORMATS)
def test_nothing_found_is_a_file_all_the_same(tmp_path, suffix):
    target = written([Extraction("a.txt", "Nothing.", Output())], tmp_path, suffix)
    assert target.exists()


def test_a_form_that_is_not_known_is_told_with_all_that_are(tmp_path):
    with pytest.raises(DsolError, match=r"graphml.*cypher|cypher.*graphml"):
        writer(tmp_path / "graph.grahpml")
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(DsolError, match="folder"):
        writer(tmp_path / "a.csv")


def test_the_library_keeps_its_licence():
    from importlib.resources import files

    folder = files("dsol_d2spo.export").joinpath("force_graph")
    assert "Permission is hereby granted" in folder.joinpath("LICENSE").read_text(encoding="utf-8")
    assert "</script" not in folder.joinpath("force-graph.min.js").read_text(encoding="utf-8").lower()


def test_a_browser_draws_the_page_and_asks_no_one(tmp_path):
    if not CHROMIUM:
        pytest.skip("no Chromium is installed; install one (Debian: chromium) to open the page in a real browser")
    names = [one for one in HOSTILE if one.strip()]
    text = " ".join(names)
    places = [Span(start=text.index(one), end=text.index(one) + len(one)) for one in names]
    triples = tuple(
        Found(
            subject=names[at - 1],
            predicate=one,
            object=one,
            subject_spans=(places[at - 1],),
            object_spans=(places[at],),
            evidence=(Span(start=0, end=len(text)),),
            confidence=0.5,
        )
        for at, one in enumerate(names)
    )
    page = written([Extraction(HOSTILE[1], text, Output(triples=triples))], tmp_path, ".html")
    events = tmp_path / "events.json"
    command = [CHROMIUM, "--headless", "--no-sandbox", f"--user-data-dir={tmp_path / 'profile'}"]
    command += ["--virtual-time-budget=3000", f"--log-net-log={events}", "--dump-dom", f"{page.as_uri()}#edge=0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    dom = done.stdout
    assert dom.count('class="row') == len(triples), done.stderr[-2000:]
    assert "<blockquote>" in dom
    assert '<mark class="subject">' in dom
    assert "<title>owned" not in dom
    addresses = re.findall(r'"url":"(https?://[^"]+)"', events.read_text(encoding="utf-8"))
    assert not [one for one in addresses if "google" not in one and "chrome" not in one], "the page asked the network"
