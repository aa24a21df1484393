"""Train one stage with trl's SFTTrainer, unchanged, on rows that are laid out step by step in the mix's order."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from datasets import Dataset
from transformers import PrinterCallback
from trl import SFTTrainer

from dsol import BackendError, FitJob, Progress, TokenRow
from dsol.knowhow.starting import step_work
from dsol.mix import by_length
from dsol.rows import sizes
from dsol.sizing import Shape, Work
from dsol_trl import attention, checkpoint, hardware, muon, options, template
from dsol_trl.disk import writing
from dsol_trl.layout import Steps
from dsol_trl.loss import SourceLoss, keep_only_labelled, keep_tiles_small
from dsol_trl.model import Card, find_adapted, load_model, load_tokenizer, read_card
from dsol_trl.quiet import quiet
from dsol_trl.record import Record
from dsol_trl.shape import read
from dsol_trl.suits import suits

Tune = Literal["full", "lora"]
PADDED = "padded"  # marks a stage whose model can't take flat steps: its steps are others than the mix's


def fit(job: FitJob, progress: Callable[[Progress], None]) -> None:
    """Train a stage; called again, go on after the last complete save, to the same weights on a CPU.

    Leaves `checkpoint-<step>/` folders and `log.jsonl` in the stage's folder. A full disk, a base that can't be
    trained as asked, or rows without the stop token in the loss are a BackendError.
    """
    order = np.load(job.order, allow_pickle=False)
    steps = Steps(order, job.rows, job.stage.loss == "all")
    if not steps.count:
        raise BackendError(f"{job.order} holds no rows, so there is nothing to train on")
    card = read_card(job.start)
    with writing(job.folder), quiet():
        job.folder.mkdir(parents=True, exist_ok=True)
        checkpoint.sweep(job.folder)
        if (job.folder / PADDED).exists():
            _pad(steps, job)
        done = checkpoint.newest(job.folder)
        if done and done[0] >= steps.count:
            return
        machine = _machine(job)
        tokenizer = load_tokenizer(job.start, card.trust_remote_code)
        codec = template.check(tokenizer, job.start)
        _prove(steps, codec.contract)
        tune = choose_tune(job, card, machine)
        model = _model(job, card, machine, tune)
        _lay_out(steps, job, model, tokenizer, machine)
        if machine.device == "cpu":
            keep_tiles_small(model.config.get_text_config().vocab_size)
        trainer = _trainer(job, card, machine, tune, model, tokenizer, codec, steps, progress)
        trainer.train(resume_from_checkpoint=str(done[1]) if done else None)


def choose_tune(job: FitJob, card: Card, machine: hardware.Hardware) -> Tune:
    """Resolve `tune`: LoRA for chat models, full tuning for random weights and for base models that fit in memory.

    A full tune of a chat model without `force: full` is a BackendError.
    """
    tune = job.stage.tune
    if tune == "full" and card.origin == "chat" and job.stage.force != "full":
        raise BackendError(
            f"base {card.base} is a chat model: tuning all of it makes it forget what it was taught; "
            "write tune: lora, or force: full if you mean it"
        )
    if tune != "auto":
        return tune
    if card.origin == "scratch":
        return "full"
    if card.origin != "base" or card.adapter_of:
        return "lora"
    return "full" if hardware.fits(_shape(job, card), _work(job, card, "full"), machine) else "lora"


def _shape(job: FitJob, card: Card) -> Shape:
    folder = find_adapted(job.start, card) if card.adapter_of else job.start
    return read(folder, card.base, card.trust_remote_code)


def _work(job: FitJob, card: Card, tune: Tune) -> Work:
    return step_work(job.stage, tune, card.origin == "scratch")


def _machine(job: FitJob) -> hardware.Hardware:
    """Look at the machine once per stage: a resumed one keeps precision and tuning, whatever a new look would say."""
    path = job.folder / "hardware.json"
    found = hardware.look(_count_parameters(job.start))
    if path.exists():
        before = json.loads(path.read_text(encoding="utf-8"))
        memory = before["memory"] if before["device"] == found.device else found.memory
        return replace(found, bf16=before["bf16"], memory=memory)
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(asdict(found)) + "\n", encoding="utf-8")
    os.replace(partial, path)
    return found


def _model(job: FitJob, card: Card, machine: hardware.Hardware, tune: Tune) -> Any:
    attention.register()
    # Full tuning keeps its weights in fp32 (bf16 is for the arithmetic); what LoRA leaves frozen may stay small.
    dtype = torch.bfloat16 if machine.bf16 and tune == "lora" else torch.float32
    model = load_model(job.start, dtype, trainable=tune == "lora").to(machine.device)
    if card.adapter_of and tune == "full":
        return model.merge_and_unload().requires_grad_(True)  # peft had frozen it
    return model


def _lay_out(steps: Steps, job: FitJob, model: Any, tokenizer: Any, machine: hardware.Hardware) -> None:
    """Lay steps out flat where the model can take them so, else pad rows of like lengths; that is remembered."""
    steps.fill = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id
    if not steps.flat:
        return
    if machine.device != "cpu":
        steps.length = -(-steps.longest() // attention.BLOCK) * attention.BLOCK
    if suits(model, steps):
        model.set_attn_implementation(attention.NAME)
        keep_only_labelled(model)
        return
    _pad(steps, job)
    (job.folder / PADDED).touch()


def _pad(steps: Steps, job: FitJob) -> None:
    lengths = [sizes(job.rows[name])[0] for name in steps.names]
    steps.flat = False
    steps.follow(by_length(steps.order, lengths, job.stage.batch_tokens, job.seed))


def _trainer(
    job: FitJob,
    card: Card,
    machine: hardware.Hardware,
    tune: Tune,
    model: Any,
    tokenizer: Any,
    codec: template.ChatCodec,
    steps: Steps,
    progress: Callable[[Progress], None],
) -> SFTTrainer:
    arguments = options.settings(
        job.stage.backend,
        job.folder,
        machine,
        seed=job.seed,
        steps=steps.count,
        kind="scratch" if card.origin == "scratch" and tune == "full" else tune,
        checkpointing=hardware.wants_checkpointing(_shape(job, card), _work(job, card, tune), machine),
    )
    _stop_on(model, codec.contract)
    adapted = card.adapter_of or (_within_run(job) if tune == "lora" else "")
    kept = Card(card.base, card.origin, job.seed, adapted if tune == "lora" else "", card.trust_remote_code)
    losses = SourceLoss(steps.names)
    record = Record(
        job.folder, checkpoint.steps(steps.count, job.stage.checkpoints), kept, codec.contract, losses, progress
    )
    trainer = SFTTrainer(
        model=model,
        args=arguments,
        train_dataset=Dataset.from_dict({"step": list(range(steps.count))}),
        data_collator=steps,
        processing_class=tokenizer,
        peft_config=_lora(job.stage.backend) if tune == "lora" and not card.adapter_of else None,
        callbacks=[record],
        optimizers=(_optimizer(job, card, tune, model, arguments), None),
    )
    losses.listen(trainer.model)
    trainer.remove_callback(PrinterCallback)
    return trainer


def _optimizer(job: FitJob, card: Card, tune: Tune, model: Any, arguments: Any) -> torch.optim.Optimizer | None:
    """Take Muon for random weights, or where the recipe asks for it; None leaves the choice to trl."""
    wanted = job.stage.backend.get("optim", options.MUON if card.origin == "scratch" and tune == "full" else "")
    if wanted != options.MUON:
        return None
    betas = (arguments.adam_beta1, arguments.adam_beta2)
    return muon.for_model(model, arguments.learning_rate, arguments.weight_decay, betas)


def _lora(backend: dict[str, Any]) -> Any:
    from peft import LoraConfig

    defaults = {"r": 16, "lora_alpha": 32, "target_modules": "all-linear", "task_type": "CAUSAL_LM"}
    return LoraConfig(**{**defaults, **backend.get(options.PEFT, {})})


def _prove(steps: Steps, contract: template.Contract) -> None:
    """Check the stop token in the first chat row of every source (documents, with loss everywhere, end otherwise)."""
    for source in np.unique(steps.order[:, 2]).tolist():
        table = steps.tables[source]
        row = int(steps.order[steps.order[:, 2] == source][0, 3])
        ids, labels = table["input_ids"][row].as_py(), table["labels"][row].as_py()
        if labels is not None and ids != labels:
            template.prove_stop(TokenRow(ids, labels), contract)


def _stop_on(model: Any, contract: template.Contract) -> None:
    """Make generation stop on the template's stop token, beside the tokens that the base stops on."""
    before = model.generation_config.eos_token_id
    known = [] if before is None else before if isinstance(before, list) else [before]
    model.generation_config.eos_token_id = [contract.stop_id, *(one for one in known if one != contract.stop_id)]


def _within_run(job: FitJob) -> str:
    """Name the start by its path below the run's folder, two above the stage's: runs are moved as a whole."""
    start, run = job.start.resolve(), job.folder.resolve().parents[1]
    if not start.is_relative_to(run):
        raise BackendError(f"{start} is outside of the run {run}, so an adapter for it couldn't be moved with it")
    return start.relative_to(run).as_posix()


def _count_parameters(folder: Path) -> int:
    """Estimate a model's parameters from the size of its weights in 16 bits."""
    return sum(entry.stat().st_size for entry in folder.glob("*.safetensors")) // 2
