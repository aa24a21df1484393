"""Where no terminal shows bars, a step says when it begins, now and then how far it is, and when it ends."""

import io

from rich.console import Console

from dsol.progress import Watch, took


def lines(seconds, total, note=""):
    """Advance a step once a second of a clock that we set."""
    out, now = io.StringIO(), 0.0
    watch = Watch(Console(file=out, force_terminal=False, width=40), clock=lambda: now)
    with watch.step("read [the] documents") as advance:
        for done in range(1, seconds + 1):
            now = float(done)
            advance(done, total, note)
    return out.getvalue().splitlines()


def test_a_long_step_says_where_it_is_about_every_twenty_seconds():
    said = lines(65, 650, "cleaning")
    assert said == [
        "read [the] documents ...",
        "read [the] documents: 20 of 650, 20 s, about 10:30 left, cleaning",
        "read [the] documents: 40 of 650, 40 s, about 10:10 left, cleaning",
        "read [the] documents: 60 of 650, 1:00, about 9:50 left, cleaning",
        "read [the] documents: done in 65 s",
    ]


def test_what_is_left_is_told_from_where_counting_began():
    """A stage that goes on after step 500, and a build whose second part counts something else."""
    out, now = io.StringIO(), 0.0
    watch = Watch(Console(file=out, force_terminal=False), clock=lambda: now)
    with watch.step("build") as advance:
        for done in range(500, 530):
            now += 1
            advance(done, 600)
        for done in range(30):
            now += 1
            advance(done, 100)
    said = out.getvalue().splitlines()
    assert said[1:3] == ["build: 519 of 600, 20 s, about 1:21 left", "build: 9 of 100, 40 s, about 1:31 left"]


def test_a_short_step_is_two_lines():
    assert len(lines(5, 5)) == 2


def test_hours_fill_no_log():
    said = lines(10_000, 20_000)
    assert 50 < len(said) < 120
    assert "2:4" in said[-2]


def test_what_a_whole_run_took_is_told_in_words():
    assert [took(seconds) for seconds in (7.4, 59.6, 437, 7_380)] == ["7 s", "1 min 0 s", "7 min 17 s", "2 h 3 min"]
