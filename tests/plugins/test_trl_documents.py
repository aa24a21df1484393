"""Documents in one call of the tokenizer are the documents one by one."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer

import dsol_seed
from dsol import DataError, documents
from dsol_trl import template

MODEL = dsol_seed.__path__[0] + "/model"


@pytest.fixture(scope="module")
def codec():
    return template.codec(AutoTokenizer.from_pretrained(MODEL))


@settings(max_examples=60, deadline=None)
@given(
    texts=st.lists(
        st.one_of(st.text(max_size=60), st.sampled_from(["", "<|im_end|>", "a<|im_start|>b", "你好。", "x  \n\n y"])),
        max_size=5,
    )
)
def test_a_batch_is_its_documents(codec, texts):
    texts = [text.encode("utf-8", "ignore").decode() for text in texts]
    assert codec.encode_documents(texts) == [codec.encode(None, text).input_ids for text in texts]


def test_documents_are_the_same_rows_on_any_number_of_processors(codec, tmp_path, monkeypatch):
    monkeypatch.setattr(documents, "GROUP", 2000)
    rows = []
    for at in range(40):
        meta = {"headings": ["数据"] * (at % 3), "ends": at % 4 > 0}
        rows.append(json.dumps({"text": f"第 {at} 篇。\n\nA text\r with {at} words.\n\n" * (at % 9 + 1), "meta": meta}))
    made = tmp_path / "made.jsonl"
    made.write_text("\n".join(rows), encoding="utf-8")
    seen = []
    facts = [
        documents.tokenise(made, codec, 64, tmp_path / f"{count}.arrow", lambda *one: seen.append(one), processes=count)
        for count in (1, 2)
    ]
    assert facts[0] == facts[1]
    assert facts[0]["documents"] == 40 < facts[0]["rows"]
    assert (tmp_path / "1.arrow").read_bytes() == (tmp_path / "2.arrow").read_bytes()
    assert seen[: len(seen) // 2] == seen[len(seen) // 2 :]
    assert seen[-1] == (made.stat().st_size,) * 2
    made.write_text("\n".join([*rows, "{"]), encoding="utf-8")
    with pytest.raises(DataError, match="line 41: not a document"):
        documents.tokenise(made, codec, 64, tmp_path / "3.arrow", processes=2)
    assert not (tmp_path / "3.arrow").exists()
