"""Convert a llama2.c checkpoint (legacy format) with its SentencePiece vocabulary to the Hugging Face layout."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

SOURCE = Path(__file__).parents[2].parent / "shared" / "data" / "models" / "babyllama105"


def convert(source: Path, folder: Path) -> Path:
    """Write the model and its tokenizer into `folder`; returns it."""
    make_model(next(source.glob("*.bin"))).save_pretrained(folder)
    make_tokenizer(next(source.glob("*.vocab"))).save_pretrained(folder)
    return folder


def make_model(path: Path) -> LlamaForCausalLM:
    """Read a header of seven int32 and float32 weights, tensor by tensor with all layers together (llama2.c run.c)."""
    with open(path, "rb") as handle:
        width, inner, layers, heads, key_heads, vocabulary, context = struct.unpack("7i", handle.read(28))
        numbers = np.fromfile(handle, dtype="<f4")
    config = LlamaConfig(
        vocab_size=abs(vocabulary),  # a negative one says that the head has weights of its own
        hidden_size=width,
        intermediate_size=inner,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=key_heads,
        max_position_embeddings=context,
        rms_norm_eps=1e-5,
        tie_word_embeddings=vocabulary > 0,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=None,
    )
    size = width // heads
    at = 0

    def take(*shape: int) -> torch.Tensor:
        nonlocal at
        count = int(np.prod(shape))
        part = torch.from_numpy(numbers[at : at + count].reshape(shape).copy())
        at += count
        return part

    state = {"model.embed_tokens.weight": take(abs(vocabulary), width)}

    def each(name: str, *shape: int, turned: int = 0) -> None:
        for layer, part in enumerate(take(layers, *shape)):
            state[f"model.layers.{layer}.{name}.weight"] = _halves(part, turned) if turned else part

    each("input_layernorm", width)
    each("self_attn.q_proj", width, width, turned=heads)
    each("self_attn.k_proj", key_heads * size, width, turned=key_heads)
    each("self_attn.v_proj", key_heads * size, width)
    each("self_attn.o_proj", width, width)
    each("post_attention_layernorm", width)
    each("mlp.gate_proj", inner, width)
    each("mlp.down_proj", width, inner)
    each("mlp.up_proj", inner, width)
    state["model.norm.weight"] = take(width)
    take(context, size)  # sines and cosines of the rotary embedding
    state["lm_head.weight"] = take(-vocabulary, width) if vocabulary < 0 else state["model.embed_tokens.weight"]
    if at != len(numbers):
        raise ValueError(f"{path} holds {len(numbers)} numbers, {at} were expected")
    model = LlamaForCausalLM(config)
    model.load_state_dict(state)
    return model.eval()


def _halves(weight: torch.Tensor, heads: int) -> torch.Tensor:
    """Order rows for a rotary embedding that turns the first half of a head with the second, not neighbours."""
    rows, width = weight.shape
    return weight.view(heads, rows // heads // 2, 2, width).transpose(1, 2).reshape(rows, width)


def make_tokenizer(path: Path) -> PreTrainedTokenizerFast:
    """Make a tokenizer of single characters, as the vocabulary has nothing longer."""
    pieces = [line.split("\t")[0] for line in path.read_text(encoding="utf-8").splitlines()]
    core = Tokenizer(models.BPE({piece: at for at, piece in enumerate(pieces)}, [], unk_token="<unk>", fuse_unk=True))
    core.pre_tokenizer = pre_tokenizers.Metaspace()
    core.decoder = decoders.Metaspace()
    core.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return PreTrainedTokenizerFast(tokenizer_object=core, bos_token="<s>", eos_token="</s>", unk_token="<unk>")
