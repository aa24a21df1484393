"""Questions with pointers written into them: what is written, that nothing else changes, and what is read back."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dsol import Sample
from dsol_text2sql.databases.database import Database, open_database
from dsol_text2sql.databases.results import asks_order, same
from dsol_text2sql.examples.pairs import Example
from dsol_text2sql.examples.samples import Rendering, Writing, points_to_shown, read_numberings, shuffled
from dsol_text2sql.notation.annotation import COLUMNS, annotate
from dsol_text2sql.notation.pointers import Pointers, numbering
from dsol_text2sql.prompt import make_prompt, parse, prompt_values
from dsol_text2sql.question.linking import NameIndex
from dsol_text2sql.question.values import Match, ValueIndex
from dsol_text2sql.settings import Settings
from dsol_text2sql.sql.canonical import canonical
from dsol_text2sql.sql.reading import NO_TEXT

CHINOOK = Path(__file__).parents[2] / "solutions" / "dsol_text2sql" / "demo" / "chinook" / "chinook.sqlite"
POINTING = Settings(notation="pointers")
NOTE = re.compile(r" \{ [^{}]+\}")

Music = tuple[Database, ValueIndex, NameIndex, Pointers]


@pytest.fixture(scope="module")
def music() -> Music:
    database = open_database(str(CHINOOK), settings=Settings())
    schema = database.schema
    return database, ValueIndex.build(database), NameIndex(schema), Pointers.of(schema)


def shown(music: Music, question: str) -> dict[str, str]:
    database, index, names, _ = music
    return prompt_values(
        question, database.schema, index.match(question), POINTING, literals=index.literals(question), names=names
    )


def told(music: Music, question: str) -> str:
    """Annotate a question, with `Table` and `Table.Column` for pointers and 'text' for values."""
    values = shown(music, question)
    pointers = Pointers.from_json(values["pointers"])
    names = dict(pointers.tables)
    names |= {pointer: f"{pointers.tables[table]}.{column}" for pointer, (table, column) in pointers.columns.items()}
    names |= {f"v{number}": repr(value) for number, value in enumerate(pointers.values, 1)}
    return NOTE.sub(lambda note: re.sub(r"\b[ctv]\d+\b", lambda one: names[one[0]], note[0]), values["question"])


@pytest.mark.parametrize(
    ("question", "annotated"),
    [
        (
            "How many genres are there?",
            "How many genres { Genre Genre.GenreId Genre.Name} are there?",
        ),
        (
            "albums by AC/DC",
            "albums { Album Album.AlbumId Album.Title Album.ArtistId} by AC/DC { 'AC/DC' Artist.Name Track.Composer}",
        ),
        (
            "Pearl Jam的专辑",
            "Pearl Jam { 'Pearl Jam' Album.Title Artist.Name Track.Composer}的专辑 { Album Album.AlbumId",
        ),
        ("tracks longer than three minutes", " longer than three { 3} minutes"),
        ("what is “Nothing Here”?", "what is “Nothing Here { 'Nothing Here'}”?"),
        ("tracks with 'Love' in their name", "{ 'Love'"),
    ],
)
def test_words_are_told_what_they_point_to(music: Music, question: str, annotated: str) -> None:
    assert annotated in told(music, question)


def test_the_prompt_shows_no_schema_and_the_same_system_message_to_all(music: Music) -> None:
    prompt = make_prompt(POINTING)
    one, two = (prompt.chat(shown(music, question)) for question in ("albums by AC/DC", "有多少客户"))
    assert one[0] == two[0]
    assert "Album" not in one[0]["content"]
    assert one[1]["content"] == f"Question: {shown(music, 'albums by AC/DC')['question']}"


def test_what_the_schema_lacks_is_left_out(music: Music) -> None:
    _, _, names, pointers = music
    match = Match("Gone", "Name", "Queen", 0, 5, "Queen", 1.0)
    other = Match("Artist", "Name", "Queen", 0, 5, "Queen", 0.9)
    text, values = annotate("Queen", names, [match, other], (), pointers)
    assert text == f"Queen {{ v1 {pointers.column_of['artist', 'name']}}}"
    assert values == ("Queen",)
    assert annotate("Queen", names, [match], (), pointers) == ("Queen", ())


def test_a_value_of_many_columns_is_shown_with_a_few(music: Music) -> None:
    database, _, names, pointers = music
    places = [(table.name, column.name) for table, column in database.schema.columns() if column.kind == "text"]
    matches = [Match(table, column, "x", 0, 1, "x", 1.0) for table, column in places]
    text, values = annotate("x", names, matches, (), pointers)
    assert values == ("x",)
    assert len(re.findall(r"c\d+", text)) == COLUMNS < len(places)


PIECES = [
    "{", "}", " { v1 c4}", "{ t0}", "{schema}", "{0}", "v1", "c4", "t10", "'", '"', "“", "”", "`", "''", "--", " ",
    "  ", "\n", "; DROP TABLE Artist;", "AC/DC", "albums", "Rock", "artist", "Love", "3 minutes", "1,000", "2010",
    "专辑", "法国", "客户", "Who's", "O'Brien", "<|im_end|>", "\\", "%", "_", "é", "🎵", "|", "[INST]",
]  # fmt: skip


def only_notes(question: str, annotated: str) -> bool:
    """Tell whether a text is the question with nothing but notes put in."""
    reached = {(0, 0)}
    waiting = [(0, 0)]
    while waiting:
        here, there = waiting.pop()
        if (here, there) == (len(question), len(annotated)):
            return True
        steps = [(here, note.end())] if (note := NOTE.match(annotated, there)) else []
        if here < len(question) and there < len(annotated) and question[here] == annotated[there]:
            steps.append((here + 1, there + 1))
        waiting += [step for step in steps if step not in reached]
        reached.update(steps)
    return False


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), max_size=12).map("".join))
@example("{ v1 c4} albums { t0 by AC/DC } '; DROP TABLE Artist; -- v1")
@settings(max_examples=200, deadline=None)
def test_a_hostile_question_changes_nothing_but_its_own_text(music: Music, question: str) -> None:
    _, index, names, plain = music
    text, values = annotate(question, names, index.match(question), index.literals(question), plain)
    assert only_notes(question.replace("{", "(").replace("}", ")"), text)
    prompted = shown(music, question)
    pointers = Pointers.from_json(prompted["pointers"])
    assert replace(pointers, values=()) == plain
    chat = make_prompt(POINTING).chat(prompted)
    assert chat[0]["content"] == "Write the query that answers the question, in SQLite with pointers."
    assert chat[1]["content"] == f"{prompted['draft']}Question: {prompted['question']}"
    assert len(chat[1]["content"].splitlines()) <= 1
    for number, value in enumerate(values, 1):
        if NO_TEXT.search(value):
            continue
        output = parse(f"SELECT v{number}", prompted | {"pointers": replace(plain, values=values).to_json()})
        assert output is not None
        assert output.sql == "SELECT '" + value.replace("'", "''") + "'"


@given(
    st.one_of(st.text(max_size=100), st.text("SELECTFROMWH ctv0123456789,.='()", max_size=60).map("SELECT {}".format))
)
@settings(max_examples=200, deadline=None)
def test_any_completion_can_be_read_against_pointers(music: Music, completion: str) -> None:
    values = {"pointers": replace(music[3], values=("x",)).to_json()}
    output = parse(completion, values)
    assert (output is None) == (parse(completion, {}) is None)


def test_words_of_a_user_that_look_like_pointers_are_left_alone(music: Music) -> None:
    plain = music[3]
    values = shown(music, "Is track c4 { v1 c4} by AC/DC named t1 or v1?")
    assert values["question"].startswith("Is track")
    assert "c4 ( v1 c4)" in values["question"]
    known = plain.column_of["track", "name"]
    sql = f"SELECT {known} WHERE {known} = '{known}'"
    sample = Sample(id="1", input={**values, "draft": f"Draft: {sql}\n"}, target=sql, meta={})
    assert points_to_shown(sample)
    other = shuffled(sample, "2")
    assert other.input is not None
    new = Pointers.from_json(other.input["pointers"]).column_of["track", "name"]
    assert new != known
    assert other.target == f"SELECT {new} WHERE {new} = '{known}'" == other.input["draft"][7:-1]
    assert "c4 ( v1 c4)" in other.input["question"]
    assert "named t1 or v1?" in other.input["question"]
    assert f" {new}" in other.input["question"]
    typed = {**values, "draft": "", "question": f"{known}?"}
    assert not points_to_shown(Sample(id="3", input=typed, target=sql, meta={}))


def test_what_can_not_be_expanded_is_left_to_who_checks_it(music: Music) -> None:
    values = shown(music, "How many albums are there?")
    columns = music[3].column_of
    for text in (
        f"SELECT {columns['album', 'title']}; DROP TABLE Artist",
        f"SELECT {columns['mediatype', 'name']} WHERE (",
        "DELETE FROM Album",
    ):
        output = parse(text, values)
        assert output is not None
        assert output.sql == text


def test_samples_read_back_what_they_ask_for(music: Music) -> None:
    database, index, _, plain = music
    folder = CHINOOK.parent
    rows = [json.loads(line) for file in sorted(folder.glob("train_*.jsonl")) for line in file.open(encoding="utf-8")]
    databases = {"chinook": database}
    files = json.loads(json.dumps({"numberings": {"chinook": numbering(database.schema)}}))
    rendering = Rendering(databases, {"chinook": index}, Writing(databases), POINTING, read_numberings(files))
    joins = shorter = 0
    for row in rows[::25]:
        made = Example(row["id"], row["question"], row["sql"], (row["sql"],), "chinook", "en", "train", "")
        sample = rendering.sample(made, row["id"])
        target = canonical(row["sql"], "sqlite", database.schema)
        joins += " JOIN " in target
        shorter += " JOIN " in target and " JOIN " not in sample.target
        other = shuffled(sample, f"{row['id']}/1")
        assert points_to_shown(other) == points_to_shown(sample)
        assert sample.input is not None
        assert replace(Pointers.from_json(sample.input["pointers"]), values=()) == plain
        for one in (sample, other):
            output = parse(one.target, one.input or {})
            assert output is not None
            if canonical(output.sql, "sqlite", database.schema) != target:
                found = [database.execute(sql).rows for sql in (output.sql, target)]
                assert same(*found, ordered=asks_order(target))
    assert shorter > 0.7 * joins > 0
