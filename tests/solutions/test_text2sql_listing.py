"""The schema listed with its pointers before a question: complete, in step with the numbering, cut where it is long."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from pathlib import Path

import pytest

from dsol_text2sql.build import SHARING, renumbered
from dsol_text2sql.databases.database import Database, open_database
from dsol_text2sql.examples.pairs import Example
from dsol_text2sql.examples.samples import Rendering, Writing, points_to_shown, shuffled
from dsol_text2sql.notation.listing import listing
from dsol_text2sql.notation.pointers import Pointers
from dsol_text2sql.prompt import make_prompt, prompt_values
from dsol_text2sql.question.values import ValueIndex
from dsol_text2sql.rules.stitching import with_links
from dsol_text2sql.settings import Settings

CHINOOK = Path(__file__).parents[2] / "solutions" / "dsol_text2sql" / "demo" / "chinook" / "chinook.sqlite"
LISTED = Settings(notation="pointers", listing=True)


@pytest.fixture(scope="module")
def music() -> Database:
    return open_database(str(CHINOOK), settings=Settings(), name="chinook")


def test_every_table_and_column_is_listed_once_before_what_leads_to_it(music: Database) -> None:
    pointers = Pointers.of(music.schema)
    text = listing(music.schema, pointers)
    defined = re.findall(r"(?<!=) ([tc]\d+)(?=[:,# \n]|$)", text)
    assert sorted(defined) == sorted([*pointers.tables, *pointers.columns])
    assert re.findall(r"(c\d+) = (c\d+)", text) == sorted(pointers.links, key=lambda link: int(link[0][1:]))
    assert text.splitlines()[0] == "album t0: album id c0, title c1, artist id c2 = c3"
    assert "unit price c63#" in text


def test_the_listing_of_a_renumbered_sample_is_that_of_its_pointers(music: Database) -> None:
    index = ValueIndex.build(music)
    rendering = Rendering({"chinook": music}, {"chinook": index}, Writing({"chinook": music}), LISTED)
    made = Example("1", "Which song lasts?", "SELECT Milliseconds FROM Track", (), "chinook", "en", "train", "")
    sample = rendering.sample(made, "1")
    assert points_to_shown(sample)  # no word of the question names the column
    other = shuffled(sample, "2", "some draw")
    assert other.input is not None
    assert other.input["schema"] == f"\nTables:\n{listing(music.schema, Pointers.from_json(other.input['pointers']))}"
    assert other.input["schema"] == (shuffled(sample, "3", "some draw").input or {})["schema"]
    assert other.target in other.input["schema"].replace("#", "") or other.target.split()[-1] in other.input["schema"]


def test_without_the_setting_the_prompt_is_what_it_was(music: Database) -> None:
    values = prompt_values("How many albums are there?", music.schema, [], Settings(notation="pointers"))
    chat = make_prompt(Settings(notation="pointers")).chat(values)
    assert chat[0]["content"] == "Write the query that answers the question, in SQLite with pointers."


def test_a_large_schema_is_cut_down_to_what_the_question_needs(music: Database) -> None:
    small = Settings(notation="pointers", listing=True, schema_tokens=120)
    values = prompt_values("How many albums has each artist?", music.schema, [], small)
    assert "album t0:" in values["schema"]
    assert "artist t1:" in values["schema"]
    assert len(values["schema"]) < 120 * 5


def test_chinese_names_are_written_without_spaces(tmp_path: Path) -> None:
    path = tmp_path / "shop.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE 商店 (词条id INTEGER PRIMARY KEY, 名称 TEXT, 营业额 REAL)")
    connection.commit()
    connection.close()
    schema = with_links(open_database(str(path), settings=Settings()).schema)
    assert listing(schema, Pointers.of(schema)).startswith("商店 t0: ")
    assert "词条 id c0, 名称 c1, " in listing(schema, Pointers.of(schema))
    assert "营业额 c2#" in listing(schema, Pointers.of(schema))


def test_renumbered_samples_share_listings_in_small_groups(music: Database) -> None:
    rendering = Rendering({"chinook": music}, {"chinook": ValueIndex.build(music)}, Writing({"chinook": music}), LISTED)
    made = Example("1", "Which song lasts?", "SELECT Milliseconds FROM Track", (), "chinook", "en", "train", "")
    sample = rendering.sample(made, "1")
    samples = [sample.model_copy(update={"id": str(number)}) for number in range(3 * SHARING)]
    copies = renumbered(samples, 2)
    assert len({copy.id for copy in copies}) == len(copies) == 2 * len(samples)
    counts = Counter((copy.input or {})["schema"] for copy in copies)
    assert list(counts.values()) == [SHARING] * 6


def test_a_name_that_looks_like_a_pointer_stays_a_name(tmp_path: Path) -> None:
    path = tmp_path / "odd.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE t5 (c2 TEXT, c7_c1 INTEGER)")
    connection.commit()
    connection.close()
    database = open_database(str(path), settings=Settings(), name="odd")
    rendering = Rendering({"odd": database}, {"odd": ValueIndex.build(database)}, Writing({"odd": database}), LISTED)
    made = Example("1", "What is there?", "SELECT c2 FROM t5", (), "odd", "en", "train", "")
    other = shuffled(rendering.sample(made, "1"), "2").input or {}
    assert other["schema"] == f"\nTables:\n{listing(database.schema, Pointers.from_json(other['pointers']))}"
