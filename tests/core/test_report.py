"""The report of a run that is made up, from its numbers to the page in a real browser."""

import html.parser
import io
import json
import math
import re
import shutil
import subprocess

import numpy as np
import pytest
import yaml
from rich.console import Console

from dsol import RunError, Score
from dsol.evaluation import write_answers
from dsol.files import write_json, write_text
from dsol.page import render
from dsol.page.markup import Markup, element
from dsol.page.plots import bars, lines, ticks
from dsol.report import (
    compare_run,
    compare_runs,
    comparison_tables,
    gather,
    read_report,
    tables,
    write_report,
    write_scores,
)
from dsol.run import Run
from dsol.tables import ability

HOSTILE = (
    '<script>document.title="owned"</script><img src="http://example.invalid/x.png" onerror=alert(1)>\'"&amp;${title}'
)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Exact:
    """The headline metric of the made-up task."""

    name = "exact_answer"
    higher_is_better = True

    def score(self, sample, output):
        return Score(float(output == sample.target))

    def reduce(self, scores):
        by_level = {}
        for level in ("easy", "medium", "hard", "extra"):
            by_level[level] = _mean([s.value for s in scores if s.detail.get("hardness") == level] or [0.0])
        return {"value": _mean([score.value for score in scores]), "by_hardness": by_level}


def _mean(values):
    return sum(values) / len(values)


def make_rows(random, count=144, baseline=True):
    """Make answer rows of a task in two languages and two sets, in which the model beats the baseline."""
    skill = {"easy": 0.93, "medium": 0.74, "hard": 0.5, "extra": 0.28}
    rows = []
    for at in range(count):
        other = at >= count * 7 // 12
        level = str(random.choice(list(skill), p=[0.3, 0.35, 0.2, 0.15]))
        n = int(random.integers(2, 90))
        question = f"前{n}名客户各自花了多少钱？" if other else f"How much did each of the first {n} customers spend?"
        target = f"sum(spent) by customer, first {n}"
        chance = float(np.clip(skill[level] + random.normal(0, 0.2), 0.03, 0.97))
        right, alone = bool(random.random() < chance), bool(random.random() < chance - 0.12)
        old_right, old_sure = bool(random.random() < skill[level] * 0.55), float(random.random())
        falls_back = baseline and chance < 0.3
        abstains = chance < 0.12

        def answer(ok, confidence, source, level=level, target=target, n=n):
            wrong = ["wrong column", "missing filter", "wrong order", "wrong aggregate", "does not parse"]
            detail = {"hardness": level}
            if not ok:
                detail["error_class"] = str(random.choice(wrong, p=[0.35, 0.25, 0.2, 0.12, 0.08]))
            text = target if ok else f"sum(spent) by country, first {n + 1}"
            return {
                "output": None
                if source == "none"
                else {"text": text, "rows": [["Helena", 49.62], ["František", 40.62]]},
                "score": float(ok and source != "none"),
                "detail": detail if source != "none" else {"hardness": level},
                "scores": {"exact_answer": float(ok)},
                "confidence": confidence,
                "source": source,
                "reason": "ok" if source != "none" else "low_confidence",
                "ask": "Which customers do you mean?" if source == "none" else "",
            }

        old = answer(old_right, old_sure, "baseline")
        if not baseline:
            old = {**answer(False, 0.0, "none"), "reason": "no_baseline"}
        rows.append(
            {
                "id": f"{'zh' if other else 'en'}-{at:03d}",
                "set": "own_zh" if other else "public_en",
                "input": {"question": question, "hints": ["customer"], "limit": 100},
                "target": target,
                "meta": {"language": "zh" if other else "en"},
                "answers": {
                    "model": answer(alone, 0.0, "model"),
                    "wrapped": answer(right, chance, "none" if abstains else "model"),
                    "baseline": old,
                    "combined": answer(
                        old_right if falls_back else right,
                        max(chance, 0.3 * old_sure),
                        "baseline" if falls_back else "none" if abstains else "model",
                    ),
                },
            }
        )
    return rows


def make_run(folder, seed=0, steps=420):
    """Fill a run folder as a finished run leaves it: recipe, log, scores, mix, data report, thresholds, manifest."""
    random = np.random.default_rng(seed)
    run = Run(folder)
    recipe = {
        "solution": "spending",
        "base": "scratch:small",
        "stages": {"sft": {"epochs": 3.0, "backend": {"learning_rate": 0.001}}},
        "release": {"floor": 0.15, "level": 0.95},
    }
    write_text(run / "recipe.yaml", yaml.safe_dump(recipe, sort_keys=False))
    log = []
    for step in range(1, steps + 1):
        loss = 0.12 + 2.6 * math.exp(-step / 60) + float(random.normal(0, 0.05)) * (0.4 + math.exp(-step / 80))
        parts = {"sources": {"written": loss * 1.12, "synthesised": loss * 0.85}}
        log.append(
            {"step": step, "loss": loss, "learning_rate": 1e-3, "tokens_per_second": 5200 + 40 * step % 300, **parts}
        )
    write_text(run / "stages" / "sft" / "log.jsonl", "".join(json.dumps(line) + "\n" for line in log))
    values = (0.31, 0.48, 0.57, 0.61, 0.6)
    scores = [{"checkpoint": f"checkpoint-{84 * n}", "step": 84 * n, "value": v} for n, v in enumerate(values, 1)]
    write_json(run / "stages" / "sft" / "scores.json", scores)
    shares = {"written": (0.6, 0.603, 91_400, 900, 2.9), "synthesised": (0.4, 0.397, 60_100, 4_000, 0.8)}
    keys = ("planned_share", "achieved_share", "tokens", "rows", "epochs")
    sources = {name: dict(zip(keys, values, strict=True)) for name, values in shares.items()}
    mix = {
        "seed": 0,
        "rows": 4900,
        "steps": steps,
        "shared_prefix": True,
        "computed_tokens": 212_000,
        "sources": sources,
    }
    write_json(run / "stages" / "sft" / "mix.json", mix)
    built = {
        "sources": {"written": 900, "synthesised": 4000},
        "development": 120,
        "heldout": {"public_en": 84, "own_zh": 60},
    }
    read = [{"file": "train_en.jsonl", "rows": 640, "kept": 612}, {"file": "train_zh.jsonl", "rows": 320, "kept": 288}]
    dropped = {"does not run": 21, "duplicate": 32, "template of a held-out sample": 7}
    leak = {"left_out_as_leaked": {"written": 2, "synthesised": 0}}
    write_json(run / "data" / "report.json", {**built, **leak, "read": read, "dropped": dropped})
    advice = {"rule": "share-prefix", "setting": "stages.sft.share_prefix", "value": "auto", "used": "never"}
    because = {
        "because": "rows with a common prefix train as its branches",
        "evidence": "tests/benchmarks",
        "against": "below a fifth it costs",
    }
    write_json(run / "advice.json", [{**advice, **because}])
    model = {"bias": -1.2, "weights": {"votes": 2.1, "mean_log_probability": 0.8}}
    write_json(run / "thresholds.json", {"model": model, "floor": 0.15, "samples": 120, "error": 0.04})
    stage = {"chosen": "stages/sft/checkpoint-336", "train_seconds": 211.4, "steps": steps}
    steps_done = {"plan": {}, "build": {"seconds": 21.0}, "stage sft": stage, "predict": {"seconds": 62.1}}
    versions = {"python": "3.11.2", "dsol": "0.1.0"}
    run.note(solutions=["spending"], base="scratch:small", seed=0, versions=versions, steps=steps_done, complete=True)
    return run


@pytest.fixture
def run(tmp_path):
    return make_run(tmp_path / "spending-1")


@pytest.fixture
def rows():
    return make_rows(np.random.default_rng(5))


class Reader(html.parser.HTMLParser):
    """Collect a page's elements, and fail on one that is closed in the wrong place."""

    def __init__(self):
        super().__init__()
        self.open, self.elements, self.text = [], [], []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "link", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def parsed(page):
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


def test_report_holds_the_numbers_of_the_rows(run, rows):
    report = write_report(run, Exact(), rows, 0.95)
    assert report == read_report(run)
    assert [cut["name"] for cut in report["slices"]] == ["all", "public_en", "own_zh"]
    for cut in report["slices"]:
        part = [row for row in rows if cut["set"] in ("", row["set"])]
        for name in ("model", "wrapped", "baseline", "combined"):
            assert cut["scores"][name]["value"] == pytest.approx(_mean([r["answers"][name]["score"] for r in part]))
    assert report["verdict"]["released"]
    wrong = sum(row["answers"]["combined"]["score"] < 1 for row in rows)
    assert sum(one["samples"] for one in report["errors"]["classes"]) == wrong
    for one in report["errors"]["classes"]:
        assert sum(one["by_hardness"].values()) == one["samples"] == one["by_contestant"]["combined"]
        sure = [example["confidence"] for example in one["examples"]]
        assert sure == sorted(sure, reverse=True)
    assert list(report["errors"]["hardness"]) == ["easy", "medium", "hard", "extra"]
    assert "model" not in report["confidence"]  # the bare model has no confidence
    assert report["reduced"]["combined"]["value"] == report["slices"][0]["scores"]["combined"]["value"]
    assert report["stages"]["sft"]["chosen"] == "checkpoint-336"


def test_page_shows_every_part_and_nothing_from_outside(run, rows):
    write_report(run, Exact(), rows, 0.95)
    page = (run / "report.html").read_text(encoding="utf-8")
    reader = parsed(page)
    assert {attributes["id"] for tag, attributes in reader.elements if tag == "section"} == {
        "results", "confidence", "errors", "training", "data", "run",
    }  # fmt: skip
    text = " ".join(reader.text)
    for part in (
        "Released",
        "+ tests/benchmarks",
        "− below a fifth it costs",
        "Risk against coverage",
        "Reliability",
        "Loss",
        "Score of each checkpoint",
        "Mix",
        "前",
        "Recipe",
    ):
        assert part in text
    assert sum(tag == "svg" and attributes["class"] == "plot" for tag, attributes in reader.elements) == 4
    assert not {tag for tag, _ in reader.elements} & {"script", "img", "iframe", "object", "embed", "form", "base"}
    for _, attributes in reader.elements:
        for key in ("src", "href", "action", "xlink:href", "srcset"):
            assert attributes.get(key, "#").startswith(("#", "data:,"))
    assert "@import" not in page
    assert "url(" not in page
    assert len(page) < 300_000


def test_hostile_text_stays_text(run, rows):
    row = next(row for row in rows if row["answers"]["combined"]["score"] == 0)
    row.update(id=HOSTILE, target=HOSTILE, input={"question": HOSTILE, HOSTILE: HOSTILE})
    row["answers"]["combined"].update(output={HOSTILE: HOSTILE}, confidence=1.0, reason=HOSTILE, ask=HOSTILE)
    row["answers"]["combined"]["detail"] = {"error_class": HOSTILE, "hardness": HOSTILE}
    for other in rows:
        if other["set"] == "own_zh":
            other["set"] = HOSTILE
    write_json(run / "data" / "report.json", {HOSTILE: {HOSTILE: [{HOSTILE: HOSTILE}]}, "read": HOSTILE})
    run.note(solutions=[HOSTILE], base=HOSTILE)
    write_report(run, Exact(), rows, 0.95)
    page = (run / "report.html").read_text(encoding="utf-8")
    reader = parsed(page)
    assert not {tag for tag, _ in reader.elements} & {"script", "img"}
    assert all(not key.startswith("on") for _, attributes in reader.elements for key in attributes)
    assert HOSTILE in " ".join(reader.text)


def test_missing_parts_are_left_out(tmp_path):
    bare = Run(tmp_path / "bare")
    bare.folder.mkdir()
    report = write_report(bare, Exact(), make_rows(np.random.default_rng(1), 30, baseline=False), 0.95)
    assert not report["verdict"]["released"]
    assert "no baseline" in report["verdict"]["reasons"][0]
    assert report["contestants"] == ["model", "wrapped", "combined"]
    reader = parsed((bare / "report.html").read_text(encoding="utf-8"))
    assert {a["id"] for tag, a in reader.elements if tag == "section"} == {"results", "confidence", "errors", "run"}
    console = Console(width=80, file=io.StringIO())
    for one in tables(report):
        console.print(one)


def test_a_forgetting_table_of_many_sources_stays_readable():
    found = [
        {"at": at, "losses": {f"source_{number}": loss + number for number in range(22)}, "domain": score}
        for at, loss, score in (
            ("start", 8.7, {"value": 0.25, "low": 0.2, "high": 0.3, "samples": 500}),
            ("cpt", 4.125, {"value": 0.5, "low": 0.45, "high": 0.55, "samples": 500}),
        )
    ]
    console = Console(width=80, file=io.StringIO())
    console.print(ability(found))
    printed = console.file.getvalue()
    assert "…" not in printed
    assert all(f"loss source_{number} " in printed for number in range(22))
    for text in ("domain, n = 500", "25.0%", "45.0–55.0", "8.700", "25.125"):
        assert text in printed


def test_one_answer_is_enough_for_a_page_and_none_is_an_error(tmp_path):
    one = make_rows(np.random.default_rng(1), 1)
    for answer in one[0]["answers"].values():
        answer.update(score=1.0, detail={})
    parsed(render(gather(Run(tmp_path), Exact(), one, 0.95)))
    with pytest.raises(RunError, match="no answers to report on"):
        gather(Run(tmp_path), Exact(), [], 0.95)


def test_graded_scores_and_values_that_json_does_not_know(run, rows):
    for row in rows:
        for answer in row["answers"].values():
            answer["score"] = 0.5 * answer["score"] + 0.25
    with open(run / "stages" / "sft" / "log.jsonl", "a", encoding="utf-8") as log:
        log.write('{"step": 421, "loss": NaN, "note": "x"}\n{"step": 42')
    report = write_report(run, Exact(), rows, 0.95)
    assert {one["test"] for one in report["slices"][0]["tests"]} == {"paired permutation"}
    assert report["stages"]["sft"]["unreadable_lines"] == 1
    json.loads((run / "report.json").read_text(encoding="utf-8"), parse_constant=pytest.fail)
    parsed((run / "report.html").read_text(encoding="utf-8"))


def test_resumed_log_counts_each_step_once_and_is_thinned(run, rows):
    path = run / "stages" / "sft" / "log.jsonl"
    again = [json.dumps({"step": step, "loss": 7.0}) for step in range(400, 1001)]
    path.write_text(path.read_text(encoding="utf-8") + "\n".join(again) + "\n", encoding="utf-8")
    log = gather(run, Exact(), rows, 0.95)["stages"]["sft"]["log"]
    assert len(log) <= 400
    assert [one["step"] for one in log] == sorted({one["step"] for one in log})
    assert log[-1] == {"step": 1000, "loss": 7.0}


@pytest.mark.parametrize("width", [80, 120])
def test_terminal_table_fits_and_shows_every_number(run, rows, width):
    report = gather(run, Exact(), rows, 0.95)
    console = Console(width=width, file=io.StringIO(), color_system=None)
    for one in tables(report, width):
        console.print(one)
    shown = console.file.getvalue()
    assert max(map(len, shown.splitlines())) <= width
    assert "…" not in shown
    for cut in report["slices"]:
        for score in cut["scores"].values():
            assert f"{score['value'] * 100:.1f}%" in shown
            assert f"{score['low'] * 100:.1f}–{score['high'] * 100:.1f}" in shown
    for name in ("model alone", "wrapped model", "baseline", "combined", "public_en", "own_zh", "Released."):
        assert name in shown


def test_an_interval_up_to_a_hundred_is_whole(run):
    """Twelve of twelve right: 75.7–100.0 is a character wider than other intervals."""
    rows = [row for row in make_rows(np.random.default_rng(4), 400) if row["answers"]["combined"]["score"] == 1][:12]
    for row in rows:
        row["set"] = "set"
    report = gather(run, Exact(), rows, 0.95)
    console = Console(width=80, file=io.StringIO(), color_system=None)
    for one in tables(report, 80):
        console.print(one)
    assert "–100.0" in console.file.getvalue()
    assert not re.search(r"–100(?!\.0)", console.file.getvalue())


@pytest.mark.parametrize("width", [80, 120])
def test_many_sets_go_to_further_tables(run, width):
    rows = make_rows(np.random.default_rng(2), 160)
    for at, row in enumerate(rows):
        row["set"] = f"set_number_{at % 7}" if at % 8 else "a_set_with_a_very_long_name"
    console = Console(width=width, file=io.StringIO())
    made = tables(gather(run, Exact(), rows, 0.95), width)
    for one in made:
        console.print(one)
    assert len(made) > 2
    assert max(map(len, console.file.getvalue().splitlines())) <= width
    assert all(f"set_number_{n}" in console.file.getvalue() for n in range(7))
    assert "…" not in console.file.getvalue()


@pytest.mark.parametrize("width", [80, 120])
def test_two_runs_are_compared_in_a_table(run, rows, width):
    write_answers(run / "answers.jsonl", rows)
    write_report(run, Exact(), rows, 0.9)
    other = make_rows(np.random.default_rng(5))
    for row in other[:60]:
        row["answers"]["combined"]["score"] = 0.0
    found = compare_run(run, other, "combined")
    json.dumps(found)
    assert (found["all"]["losses"], found["all"]["better"], found["all"]["level"]) == (0, "a", 0.9)
    console = Console(width=width, file=io.StringIO())
    for one in comparison_tables(found, "runs/spending-2", "runs/spending-1"):
        console.print(one)
    shown = console.file.getvalue()
    assert "runs/spending-2 (A) against runs/spending-1 (B)" in shown
    assert f"{found['all']['wins']}/0" in shown
    assert "significantly better" in shown
    assert "…" not in shown


def test_a_run_is_compared_with_its_baseline_if_it_has_one(run, rows):
    write_answers(run / "answers.jsonl", rows)
    report = write_report(run, Exact(), rows, 0.95)
    assert compare_run(run, rows, "baseline")["all"] == report["slices"][0]["tests"][0]
    with pytest.raises(RunError, match="no contestant named 'baseline'"):
        compare_run(run, make_rows(np.random.default_rng(1), 30, baseline=False), "baseline")


def test_answers_that_were_cut_at_a_lines_end_are_noticed(run, rows):
    write_answers(run / "answers.jsonl", rows)
    write_report(run, Exact(), rows, 0.95)
    assert compare_runs({"x": run}, {"x": run})["x"]["all"]["ties"] == len(rows)
    write_answers(run / "answers.jsonl", rows[:-3])
    said = rf"answers\.jsonl is damaged: it has {len(rows) - 3} rows, and {len(rows)} were written; score the run again"
    for other in (None, {"x": run}):
        with pytest.raises(RunError, match=said):
            compare_runs({"x": run}, other)


def test_scores_of_other_answers_get_a_report_of_their_own(run, rows):
    report = write_scores(run / "eval" / "more", Exact(), rows[:50], 0.95)
    assert report["samples"] == 50
    assert report["stages"] == {}
    parsed((run / "eval" / "more" / "report.html").read_text(encoding="utf-8"))


def test_elements_escape_what_is_not_markup():
    assert element("p", "<b>", Markup("<i></i>"), None, class_='"') == '<p class="&quot;">&lt;b&gt;<i></i></p>'
    assert element("circle", cx=1.23456, stroke_width=2.0, title=None) == '<circle cx="1.23" stroke-width="2"/>'


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0.13, 2.71), (-3, 40_000), (5, 5), (0, 0), (1e-9, 3e-9)])
def test_ticks_enclose_the_range_in_round_steps(low, high):
    found = ticks(low, high)
    assert found[0] <= low <= high <= found[-1]
    assert 2 <= len(found) <= 8
    steps = np.diff(found)
    assert np.allclose(steps, steps[0])
    assert f"{steps[0]:.0e}"[0] in "125"


def test_page_in_a_real_browser_asks_for_nothing_and_says_nothing(run, rows, tmp_path):
    if not CHROMIUM:
        pytest.skip("no Chromium is installed; install one (Debian: chromium) to open the report in a real browser")
    write_report(run, Exact(), rows, 0.95)
    events = tmp_path / "network.json"
    address = (run / "report.html").as_uri()
    done = chromium(tmp_path, f"--log-net-log={events}", "--dump-dom", address)
    assert "Released" in done.stdout
    assert "CONSOLE" not in done.stderr
    assert requests(events) <= {address}


def test_browser_check_would_see_a_request_and_a_console_error(tmp_path):
    if not CHROMIUM:
        pytest.skip("no Chromium is installed; install one (Debian: chromium) to open the report in a real browser")
    page, events = tmp_path / "bad.html", tmp_path / "network.json"
    page.write_text("<img src='http://example.invalid/x.png'><script>console.error('seen')</script>", encoding="utf-8")
    done = chromium(tmp_path, f"--log-net-log={events}", "--dump-dom", page.as_uri())
    assert "CONSOLE" in done.stderr
    assert "http://example.invalid/x.png" in requests(events)


def chromium(folder, *arguments):
    quiet = ("gpu", "quic", "background-networking", "component-update", "sync", "default-apps", "extensions")
    switches = ["--headless", "--no-sandbox", "--no-first-run", *(f"--disable-{name}" for name in quiet)]
    nowhere = ["--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={folder / 'profile'}"]
    command = [CHROMIUM, *switches, *nowhere, "--enable-logging=stderr", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)


def requests(events):
    """List what pages from files asked for; what the browser asks for itself is of no page."""
    found = set()
    for event in json.loads(events.read_text(encoding="utf-8"))["events"]:
        about = event.get("params") or {}
        if "url" in about and str(about.get("network_isolation_key", "")).startswith("file:"):
            found.add(about["url"])
    return found


def test_plots_of_one_point_or_none_do_not_break():
    from dsol.page.plots import Series

    parsed(lines([Series("a", [(1.0, 2.0)], "s-0", dots=True)], "x", "y"))
    parsed(bars({}, {}))
