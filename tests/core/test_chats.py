"""Conversations in the forms that people have, and the rows that don't fit."""

import json

import pytest

from dsol import DataError
from dsol.chats import make_prompt, read_chats, read_turns
from dsol.corpus.source import Source


def turns(*pairs):
    return [{"role": role, "content": content} for role, content in pairs]


TALK = turns(("system", "Be brief."), ("user", "你好"), ("assistant", "您好"), ("user", "Bye"), ("assistant", "再见"))


@pytest.mark.parametrize(
    "row",
    [
        {"messages": TALK},
        {
            "conversations": [
                {"from": "system", "value": "Be brief."},
                {"from": "human", "value": "你好"},
                {"from": "gpt", "value": "您好"},
                {"from": "human", "value": "Bye"},
                {"from": "gpt", "value": "再见"},
            ]
        },
        {"system": "Be brief.", "instruction": "Bye", "input": "", "output": "再见", "history": [["你好", "您好"]]},
    ],
)
def test_messages_sharegpt_and_alpaca_are_read_alike(row):
    assert read_turns(row) == TALK


def test_alpacas_input_follows_its_instruction():
    found = read_turns({"instruction": "Translate.", "input": "cat", "output": "猫"})
    assert found == turns(("user", "Translate.\n\ncat"), ("assistant", "猫"))


def test_every_answer_is_a_sample_with_what_was_said_before(tmp_path):
    (tmp_path / "a.jsonl").write_text(json.dumps({"messages": TALK}, ensure_ascii=False) + "\n\n", encoding="utf-8")
    (tmp_path / "b.json").write_text(json.dumps([{"instruction": "{x}", "output": "{y}"}]), encoding="utf-8")
    samples = read_chats("talks", Source(paths=(tmp_path,), kind="chat"))
    assert [sample.target for sample in samples] == ["您好", "再见", "{y}"]
    assert samples[1].input == {"messages": TALK[:4]}
    assert len({sample.id for sample in samples}) == 3
    prompt = make_prompt()
    assert prompt.chat(samples[1].input) == TALK[:4]
    assert prompt.chat(samples[2].input) == turns(("user", "{x}"))  # braces are text, not places to fill
    assert prompt.parse("as it is", {}) == "as it is"


def test_all_rows_that_do_not_fit_are_named_together(tmp_path):
    rows = [
        '{"messages": []}',
        "{not json",
        '{"messages": [{"role": "robot", "content": "x"}]}',
        '{"messages": [{"role": "assistant", "content": "x"}]}',
        '{"text": "a document"}',
        '["a", "list"]',
        '{"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "  "}]}',
        '{"instruction": 3, "output": "x"}',
        '{"messages": [{"role": "user", "content": "x"}]}',
    ]
    (tmp_path / "bad.jsonl").write_text("\n".join(rows), encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_chats("talks", Source(paths=(tmp_path / "bad.jsonl",), kind="chat"))
    assert len(caught.value.problems) == len(rows)
    text = str(caught.value)
    for part in (
        ":1: field messages: a list of turns is wanted",
        ":2: malformed JSON",
        ":3: turn 1 of messages, field 'role': 'robot' is not one of system, user, assistant",
        ":4: user and assistant must take turns, beginning with the user; here: assistant",
        ":5: has none of the forms that are read: messages",
        "its fields are text",
        ":6: expected a conversation as an object, found list",
        ":7: a turn of the assistant is empty",
        ":8: field instruction: text is wanted, not int",
        ":9: no answer follows the question",
    ):
        assert part in text


def test_places_without_conversations_are_named(tmp_path):
    with pytest.raises(DataError, match=r"source talks: .*missing: no such file"):
        read_chats("talks", Source(paths=(tmp_path / "missing",), kind="chat"))
    (tmp_path / "notes.txt").write_text("hello", encoding="utf-8")
    with pytest.raises(DataError, match=r"no file that ends in"):
        read_chats("talks", Source(paths=(tmp_path,), kind="chat"))


def test_conversations_come_in_parquet_and_csv_too(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"messages": [TALK], "score": [0.5]}), tmp_path / "a.parquet")
    (tmp_path / "b.csv").write_text("instruction,input,output\n说,,好\n", encoding="utf-8")
    (tmp_path / "c.json").write_text(json.dumps({"messages": TALK}, indent=1), encoding="utf-8")  # one, over many lines
    samples = read_chats("talks", Source(paths=(tmp_path,), kind="chat"))
    assert [sample.target for sample in samples] == ["您好", "再见", "好", "您好", "再见"]
