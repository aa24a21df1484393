"""Time the writing of Text2SQL answers against `model.generate` one prompt at a time, in one run, on equal texts.

    python tests/benchmarks/generation.py [--rows 300] [--size small]

Run by hand. The prompts are training questions of the Chinook demo with the schema's DDL (about 800 tokens) in the
system message; the model has random weights, so its text means nothing, but it takes as long as any.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedModel, PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

from dsol import Chat
from dsol_trl import template
from dsol_trl.generate import Writer, stop_ids

DEMO = Path(__file__).parents[2] / "solutions" / "dsol_text2sql" / "demo" / "chinook"
CHATML = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
# Width, layers, feed-forward width: 2.6, 9 and 25 million parameters.
SIZES = {"small": (192, 5, 512), "medium": (320, 7, 896), "large": (512, 8, 1408)}


def schema() -> str:
    """Read the demo's tables as DDL with types, keys and NOT NULL: about 800 tokens."""
    connection = sqlite3.connect(f"file:{DEMO / 'chinook.sqlite'}?mode=ro", uri=True)
    tables = [
        name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    ]
    lines = []
    for table in tables:
        parts = [
            f'  "{name}" {kind}{" NOT NULL" if required else ""}{" PRIMARY KEY" if key else ""}'
            for _, name, kind, required, _, key in connection.execute(f'PRAGMA table_info("{table}")')
        ]
        parts += [
            f'  FOREIGN KEY ("{own}") REFERENCES "{other}" ("{theirs}")'
            for _, _, other, own, theirs, *_ in connection.execute(f'PRAGMA foreign_key_list("{table}")')
        ]
        lines.append(f'CREATE TABLE "{table}" (\n' + ",\n".join(parts) + "\n);")
    connection.close()
    return "\n".join(lines)


def questions(count: int) -> list[str]:
    """Read training questions of the demo, evenly over its files."""
    rows = [
        json.loads(line)["question"]
        for path in sorted(DEMO.glob("train_*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    if len(rows) < count:
        raise SystemExit(f"the demo has {len(rows)} training questions; ask for at most that many with --rows")
    return [rows[at * len(rows) // count] for at in range(count)]


def make_tokenizer(texts: list[str]) -> PreTrainedTokenizerFast:
    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=2000,
        special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    core.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=core, eos_token="<|endoftext|>", pad_token="<|endoftext|>", chat_template=CHATML
    )


def make_model(size: str, vocabulary: int) -> PreTrainedModel:
    width, layers, inner = SIZES[size]
    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=vocabulary,
        hidden_size=width,
        intermediate_size=inner,
        num_hidden_layers=layers,
        num_attention_heads=width // 64,
        num_key_value_heads=max(1, width // 128),
        head_dim=64,
        max_position_embeddings=4096,
        initializer_range=0.1,
        tie_word_embeddings=False,
        pad_token_id=0,
        bos_token_id=None,
        eos_token_id=0,
    )
    return Qwen3ForCausalLM(config).eval()


def one_at_a_time(model: PreTrainedModel, codec: template.ChatCodec, chats: list[Chat], new: int) -> list[str]:
    stop = sorted(stop_ids(model, codec))
    texts = []
    for chat in track(chats, "model.generate, one at a time"):
        ids = torch.tensor([codec.prompt_ids(chat)])
        out = model.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=new, do_sample=False, eos_token_id=stop
        )
        written = out[0, ids.shape[1] :].tolist()
        texts.append(codec.tokenizer.decode(written[:-1] if written[-1] in stop else written))
    return texts


def timed(run: Callable[[], list[str]]) -> tuple[float, list[str]]:
    start = time.perf_counter()
    texts = run()
    return time.perf_counter() - start, texts


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=300, help="questions to answer")
    parser.add_argument("--size", choices=sorted(SIZES), default="small", help="size of the random model")
    parser.add_argument("--new", type=int, default=40, help="longest answer, in tokens")
    parser.add_argument("--ratio", type=float, default=10.0, help="fail below this speed-up")
    options = parser.parse_args()
    asked, ddl = questions(options.rows), schema()
    codec = template.codec(make_tokenizer([ddl, *asked] * 2))
    system = f"Write one SQLite query that answers the question.\n{ddl}"
    chats: list[Chat] = [[{"role": "system", "content": system}, {"role": "user", "content": one}] for one in asked]
    plain, shared = (make_model(options.size, len(codec.tokenizer)) for _ in range(2))
    write = Writer(shared, codec, memory=1 << 30)

    def batched() -> list[str]:
        return [one.text for (one,) in write(chats, max_new_tokens=options.new)]

    def product() -> list[str]:
        return [write([chat], max_new_tokens=options.new)[0][0].text for chat in track(chats, "dsol, one per call")]

    fast, texts = timed(batched)
    lone, lone_texts = timed(product)
    slow, wanted = timed(lambda: one_at_a_time(plain, codec, chats, options.new))

    differ = sum(one != two for one, two in zip(texts, wanted, strict=True))
    differ += sum(one != two for one, two in zip(lone_texts, wanted, strict=True))
    lengths = [len(codec.prompt_ids(chat)) for chat in chats]
    parameters = sum(part.numel() for part in shared.parameters())
    table = Table(
        title=f"{options.rows} prompts of {min(lengths)} to {max(lengths)} tokens, up to {options.new} new ones; "
        f"{parameters / 1e6:.1f} M parameters, fp32, {torch.get_num_threads()} threads"
    )
    for heading in ("way", "seconds", "prompts per second", "ratio"):
        table.add_column(heading, justify="left" if heading == "way" else "right")
    for way, seconds in (("model.generate, one at a time", slow), ("dsol, one per call", lone), ("dsol", fast)):
        table.add_row(way, f"{seconds:.1f}", f"{options.rows / seconds:.1f}", f"{slow / seconds:.1f}")
    Console().print(table)
    if differ:
        raise SystemExit(f"{differ} texts differ from those of model.generate")
    if slow / fast < options.ratio:
        raise SystemExit(f"the speed-up is {slow / fast:.1f}, below {options.ratio:.1f}")


if __name__ == "__main__":
    main()
