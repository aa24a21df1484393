"""Long texts: passage by passage, stopped and continued, nothing lost."""

import json
import re

import pytest

from dsol import RunError
from dsol_d2spo.passages.long import LOG, extract
from dsol_d2spo.schema import Schema
from dsol_d2spo.settings import Settings
from dsol_d2spo.triple import Dropped, Found, Output, Span

CUTS = Settings(piece=400, overlap=80)
FACT = re.compile(r"(City\d+) lies in (Land\d+)\.")


def answer(passages):
    """Find what a pattern finds; stands in for a model."""
    found = []
    for text in passages:
        triples = tuple(
            Found(
                subject=m[1],
                predicate="country",
                object=m[2],
                subject_spans=(Span(start=m.start(1), end=m.end(1)),),
                object_spans=(Span(start=m.start(2), end=m.end(2)),),
                confidence=0.5,
            )
            for m in FACT.finditer(text)
        )
        found.append(Output(triples=triples, dropped=(Dropped(text="x", reason="echo"),)))
    return found


def document(facts):
    return "\n\n".join(
        " ".join(f"City{n} lies in Land{n % 7}. It rains there on most days." for n in range(at, min(at + 5, facts)))
        for at in range(0, facts, 5)
    )


def triples(output):
    return {(one.subject, one.predicate, one.object) for one in output.triples}


def test_all_that_the_passages_hold_is_found_at_its_place():
    text = document(300)
    output = extract(text, answer, CUTS, Schema())
    assert len(triples(output)) == 300
    for one in output.triples:
        assert text[one.subject_spans[0].start : one.subject_spans[0].end] == one.subject
        assert text[one.object_spans[0].start : one.object_spans[0].end] == one.object
        assert one.subject in text[one.evidence[0].start : one.evidence[0].end]


def test_a_stop_loses_one_batch_and_a_second_call_goes_on(tmp_path):
    text, asked = document(300), []

    def breaks(passages):
        asked.append(len(passages))
        if len(asked) == 4:
            raise KeyboardInterrupt
        return answer(passages)

    with pytest.raises(KeyboardInterrupt):
        extract(text, breaks, CUTS, Schema(), folder=tmp_path / "work", batch=5)
    log = tmp_path / "work" / LOG
    log.write_bytes(log.read_bytes()[:-7])  # as a kill in the middle of writing leaves it
    steps = []
    output = extract(
        text,
        breaks,
        CUTS,
        Schema(),
        folder=tmp_path / "work",
        batch=5,
        advance=lambda done, total: steps.append((done, total)),
    )
    assert steps[0][0] == 14
    assert steps[-1][0] == steps[-1][1] == sum(asked[4:]) + 14
    assert triples(output) == triples(extract(text, answer, CUTS, Schema()))
    again = extract(text, lambda passages: pytest.fail("asked again"), CUTS, Schema(), folder=tmp_path / "work")
    assert again == output


def test_a_folder_of_another_text_or_model_is_refused(tmp_path):
    extract(document(20), answer, CUTS, Schema(), folder=tmp_path, by="one")
    for text, by in ((document(21), "one"), (document(20), "two")):
        with pytest.raises(RunError, match="another"):
            extract(text, answer, CUTS, Schema(), folder=tmp_path, by=by)


def test_a_damaged_folder_is_named(tmp_path):
    extract(document(20), answer, CUTS, Schema(), folder=tmp_path)
    (tmp_path / LOG).write_text('{"triples": 1}\n', encoding="utf-8")
    with pytest.raises(RunError, match="damaged"):
        extract(document(20), answer, CUTS, Schema(), folder=tmp_path)


def test_no_more_than_asked_for_the_rest_is_told():
    output = extract(document(30), answer, CUTS.model_copy(update={"triples": 10}), Schema())
    assert len(output.triples) == 10
    left = [one for one in output.dropped if one.reason == "too_many"]
    assert len(left) == 20
    assert all(len(json.loads(one.text)) == 3 for one in left)


@pytest.mark.parametrize("text", ["", " \n ", "\u3000"])
def test_an_empty_text_gives_nothing(text, tmp_path):
    assert extract(text, answer, CUTS, Schema(), folder=tmp_path) == Output()
