"""Documents in one call of the tokenizer are the documents one by one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer

import dsol_seed
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
