"""Training through the real trainer: what it leaves, and that a stop at any moment changes nothing."""

from __future__ import annotations

import json
import random
import resource
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from dsol import BackendError, FitJob, Progress, RecipeError
from dsol.knowhow.starting import step_work
from dsol.planning import disk
from dsol.recipe import Stage
from dsol_trl import checkpoint, hardware, record
from dsol_trl.backend import TrlBackend
from dsol_trl.fit import choose_tune
from dsol_trl.layout import Steps
from dsol_trl.model import Card, load_model, read_card
from dsol_trl.shape import read

from .trl_job import make_job

PROGRAM = Path(__file__).with_name("trl_job.py")


def weights(job: FitJob) -> dict[int, bytes]:
    return {step: next(folder.glob("*model.safetensors")).read_bytes() for step, folder in checkpoint.found(job.folder)}


def fit(job: FitJob) -> list[Progress]:
    seen: list[Progress] = []
    TrlBackend().fit(job, seen.append)
    return seen


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> FitJob:
    job = make_job(tmp_path_factory.mktemp("unbroken"))
    fit(job)
    return job


def test_a_stage_leaves_complete_checkpoints_and_a_log(unbroken: FitJob) -> None:
    found = checkpoint.found(unbroken.folder)
    log = [json.loads(line) for line in (unbroken.folder / "log.jsonl").read_text().splitlines()]
    assert len(found) == 4
    assert found[-1][0] == len(log)
    assert [line["step"] for line in log] == list(range(1, len(log) + 1))
    assert log[-1]["loss"] < log[0]["loss"] - 0.3
    assert {name for line in log for name in line["sources"]} == {"one", "two"}
    assert all(line["tokens_per_second"] > 0 and line["learning_rate"] >= 0 for line in log)
    names = {entry.name for entry in found[-1][1].iterdir()}
    assert {"model.safetensors", "tokenizer.json", "template.json", "trainer_state.json", "complete"} <= names
    assert not names & {"training_args.bin", "pytorch_model.bin", "README.md"}


def test_the_log_holds_the_loss_of_each_source(unbroken: FitJob) -> None:
    log = [json.loads(line) for line in (unbroken.folder / "log.jsonl").read_text().splitlines()]
    low, high = (min(log[0]["sources"].values()), max(log[0]["sources"].values()))
    assert low <= log[0]["loss"] <= high


def test_a_checkpoint_is_a_model_that_stops_on_the_stop_token(unbroken: FitJob) -> None:
    folder = checkpoint.found(unbroken.folder)[-1][1]
    model, tokenizer = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    assert tokenizer.convert_tokens_to_ids("<|im_end|>") in model.generation_config.eos_token_id
    assert "dsol_flat" not in (folder / "config.json").read_text()


def test_progress_counts_steps(tmp_path: Path) -> None:
    job = make_job(tmp_path, epochs=1, checkpoints=1)
    seen = fit(job)
    assert seen[0].step == 0
    assert seen[-1].step == seen[-1].steps
    assert seen[-1].numbers["loss"] > 0
    assert fit(job) == []  # a finished stage is left alone


def test_killed_at_any_moment_it_ends_with_the_same_weights(unbroken: FitJob, tmp_path: Path) -> None:
    job = make_job(tmp_path)
    log = job.folder / "log.jsonl"
    chance = random.Random(0)
    for lines in (3, 9):
        process = subprocess.Popen([sys.executable, str(PROGRAM), str(tmp_path)], stderr=subprocess.PIPE)
        while process.poll() is None and (not log.exists() or log.read_bytes().count(b"\n") < lines):
            time.sleep(0.005)
        time.sleep(chance.random() * 0.05)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL
    fit(job)
    assert weights(job) == weights(unbroken)
    steps = [json.loads(line)["step"] for line in log.read_text().splitlines()]
    assert steps == list(range(1, len(steps) + 1))


def test_between_checkpoints_it_goes_on_from_a_resume_point(
    unbroken: FitJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = make_job(tmp_path)
    first, second = sorted(weights(unbroken))[:2]

    def stopped(progress: Progress) -> None:
        if progress.step == second - 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(record, "EVERY", 0.0)
    monkeypatch.setattr(record, "WORTH", 0.0)
    with pytest.raises(KeyboardInterrupt):
        TrlBackend().fit(job, stopped)
    assert [step for step, _ in checkpoint.found(job.folder)] == [first]  # what is scored is what was asked for
    assert [entry.name for entry in job.folder.glob("resume-*")] == [f"resume-{second - 2}"]
    assert fit(job)[0].step == second - 2
    assert weights(job) == weights(unbroken)
    assert not list(job.folder.glob("resume-*"))


def test_without_room_there_is_no_resume_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = make_job(tmp_path, epochs=1, checkpoints=1)
    saved: list[str] = []
    monkeypatch.setattr(record, "EVERY", 0.0)
    monkeypatch.setattr(checkpoint, "set_aside", lambda folder, step: saved.append(folder.name) or folder)
    monkeypatch.setattr(record.shutil, "disk_usage", lambda folder: SimpleNamespace(free=1_000_000))
    fit(job)
    assert saved == []
    assert len(checkpoint.found(job.folder)) == 1


def test_a_checkpoint_cut_off_while_it_is_written_is_made_again(
    unbroken: FitJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = make_job(tmp_path)

    def killed(folder: Path, step: int) -> None:
        if len(checkpoint.found(job.folder)) == 2:
            raise KeyboardInterrupt
        done(folder, step)

    done = checkpoint.finish
    monkeypatch.setattr(checkpoint, "finish", killed)
    with pytest.raises(KeyboardInterrupt):
        fit(job)
    monkeypatch.undo()
    assert len(list(job.folder.glob("checkpoint-*"))) == 3
    assert len(checkpoint.found(job.folder)) == 2
    fit(job)
    assert weights(job) == weights(unbroken)


# The weights take 435 kB, the optimizer's state 534 kB: each limit stops another writer.
@pytest.mark.parametrize("limit", [60_000, 480_000], ids=["weights", "optimizer"])
def test_a_disk_that_takes_no_more_is_one_clear_error(tmp_path: Path, limit: int) -> None:
    job = make_job(tmp_path, epochs=1, checkpoints=1)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        with pytest.raises(BackendError, match="can't write") as caught:
            fit(job)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "\n" not in str(caught.value)
    assert checkpoint.found(job.folder) == []


def test_a_checkpoint_takes_the_room_that_is_said_beforehand(unbroken: FitJob) -> None:
    folder = checkpoint.found(unbroken.folder)[-1][1]
    written = sum((folder / name).stat().st_size for name in ("model.safetensors", "optimizer.pt"))
    said = disk.checkpoint(read(unbroken.start, "tiny"), step_work(unbroken.stage, "full", True))
    assert said == pytest.approx(written, rel=0.05)


def test_lora_leaves_an_adapter_that_finds_its_base_after_a_move(tmp_path: Path) -> None:
    run = tmp_path / "run"
    job = make_job(run, epochs=1, checkpoints=1, tune="lora")
    fit(job)
    folder = checkpoint.found(job.folder)[-1][1]
    before = load_file(folder / "adapter_model.safetensors")
    assert any(float(one.abs().max()) > 0 for name, one in before.items() if "lora_B" in name)
    assert not (folder / "model.safetensors").exists()
    moved = tmp_path / "moved"
    run.rename(moved)
    model = load_model(moved / folder.relative_to(run))
    assert any("lora_A" in name for name, _ in model.named_parameters())
    second = FitJob(
        moved / folder.relative_to(run),
        {name: moved / path.relative_to(run) for name, path in job.rows.items()},
        moved / job.order.relative_to(run),
        moved / "stages" / "second",
        job.stage,
        4,
    )
    fit(second)
    after = checkpoint.found(second.folder)[-1][1]
    assert read_card(after).adapter_of == "base"
    assert load_file(after / "adapter_model.safetensors").keys() == before.keys()


def test_shared_and_separate_rows_train_to_the_same_losses(tmp_path: Path) -> None:
    losses = []
    for share in ("always", "never"):
        # One step holds all rows, so both ways see the same rows in it.
        job = make_job(tmp_path / share, share_prefix=share, epochs=1, batch_tokens=100_000, checkpoints=1)
        fit(job)
        losses.append(json.loads((job.folder / "log.jsonl").read_text())["loss"])
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def test_computing_activations_twice_changes_no_loss(unbroken: FitJob, tmp_path: Path) -> None:
    job = make_job(tmp_path, backend={"gradient_checkpointing": True})
    fit(job)
    first, second = ((one.folder / "log.jsonl").read_text().splitlines() for one in (unbroken, job))
    for one, two in zip(first, second, strict=True):
        assert json.loads(one)["loss"] == pytest.approx(json.loads(two)["loss"], rel=1e-5)


def test_steps_know_their_longest(unbroken: FitJob) -> None:
    steps = Steps(np.load(unbroken.order), unbroken.rows)
    assert steps.longest() == max(steps([{"step": at}])["input_ids"].shape[1] for at in range(steps.count))


def test_a_base_with_another_template_is_refused_before_training(tmp_path: Path) -> None:
    job = make_job(tmp_path, epochs=1)
    saved = json.loads((job.start / "template.json").read_text())
    (job.start / "template.json").write_text(json.dumps({**saved, "hash": "0" * 64}))
    with pytest.raises(BackendError, match="chat template"):
        fit(job)


def test_tuning_is_chosen_by_the_kind_of_base(unbroken: FitJob) -> None:
    roomy, tight = hardware.Hardware("cpu", False, 1 << 40), hardware.Hardware("cpu", False, 1 << 10)
    job = replace(unbroken, stage=Stage())
    assert choose_tune(job, Card("x", "scratch"), tight) == "full"
    assert choose_tune(job, Card("x", "chat"), roomy) == "lora"
    assert choose_tune(job, Card("x", "base"), roomy) == "full"
    assert choose_tune(job, Card("x", "base"), tight) == "lora"
    whole = replace(unbroken, stage=Stage(tune="full"))
    with pytest.raises(BackendError, match="force: full"):
        choose_tune(whole, Card("x", "chat"), roomy)
    assert choose_tune(replace(unbroken, stage=Stage(tune="full", force="full")), Card("x", "chat"), roomy) == "full"


def test_options_are_trls_own() -> None:
    check_options = TrlBackend().check
    assert check_options({"learning_rate": 1e-3, "adam_beta2": 0.98, "peft": {"r": 8}}) == []
    assert "did you mean 'learning_rate'" in check_options({"learnin_rate": 1e-3})[0]
    assert "batch_tokens" in check_options({"per_device_train_batch_size": 4})[0]
    assert "did you mean 'lora_alpha'" in check_options({"peft": {"lora_alfa": 8}})[0]
    assert len(check_options({"nonsense": 1, "max_steps": 3})) == 2
    assert check_options({"lr_scheduler_type": "no such"})


def test_wrong_options_stop_a_stage(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="learning_rate"):
        fit(make_job(tmp_path, backend={"learnin_rate": 1e-3}))


@pytest.mark.parametrize("count", [1, 3, 4, 10, 101])
@pytest.mark.parametrize("checkpoints", [1, 3, 4])
def test_checkpoints_are_spread_evenly_and_the_last_step_has_one(count: int, checkpoints: int) -> None:
    chosen = checkpoint.steps(count, checkpoints)
    assert max(chosen) == count
    assert min(chosen) >= 1
    assert len(chosen) == min(count, checkpoints)


def test_optimizer_state_is_read_without_running_code(unbroken: FitJob) -> None:
    for name in ("optimizer.pt", "scheduler.pt"):
        torch.load(checkpoint.found(unbroken.folder)[-1][1] / name, weights_only=True)
