"""Load a model folder for weighing options: prompts by the chat contract or plain text, contexts computed once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock

from transformers import PreTrainedModel

from dsol import Alternatives, BackendError, Likelihood, LogLikelihood
from dsol_trl.branching import Branching, Spelled
from dsol_trl.generate import load_served
from dsol_trl.model import read_card
from dsol_trl.sharing import sharing
from dsol_trl.template import ChatCodec, all_ids, control_tokens, neutralise
from dsol_trl.weighing import weigh

CHUNK = 256  # contexts that are tokenised together


class Weigher:
    """Weigh options (`dsol.Likelihood`) with one loaded model; calls from several threads are done one by one."""

    def __init__(self, model: PreTrainedModel, codec: ChatCodec, memory: int, chat: bool) -> None:
        self.model = model.eval()
        self.codec = codec
        self.memory = memory
        self._chat = chat
        self.context = int(getattr(model.config.get_text_config(), "max_position_embeddings", 1 << 20))
        self.sharing = sharing(self.model)
        self._control = control_tokens(codec.tokenizer)
        self._turn = Lock()

    @property
    def chat(self) -> bool:
        return self._chat

    def __call__(
        self,
        asked: Sequence[Alternatives],
        advance: Callable[[int, int], None] = lambda done, total: None,
    ) -> list[list[LogLikelihood]]:
        for number, one in enumerate(asked):
            if not one.options:
                raise BackendError(f"context {number} has no options to weigh")
        pairs = [pair for start in range(0, len(asked), CHUNK) for pair in self._encode(asked[start : start + CHUNK])]
        items: list[Branching] = []
        places: list[list[tuple[int, int, int]]] = []  # of each option: item, option in it, tokens cut
        for number, (context, options) in enumerate(pairs):
            places.append([])
            for option in options:
                if not option or len(option) > self.context:
                    raise BackendError(
                        f"an option of context {number} has {len(option)} tokens; this model weighs 1 to {self.context}"
                    )
                # The last token of an option is not read by the model, hence the one more.
                cut = max(0, len(context) + len(option) - self.context - 1)
                if places[-1] and not cut and not places[-1][-1][2]:
                    at = places[-1][-1][0]
                    items[at] = Branching(context, (*items[at].options, option))
                else:
                    at = len(items)
                    items.append(Branching(context[cut:], (option,)))
                places[-1].append((at, len(items[at].options) - 1, cut))
        with self._turn:
            found = self.weigh(items, lambda done, total: advance(done * len(asked) // max(1, total), len(asked)))
        return [
            [
                LogLikelihood(float(one.logprobs.sum()), len(one.logprobs), bool(one.best.all()), cut)
                for one, cut in ((found[at][option], cut) for at, option, cut in of)
            ]
            for of in places
        ]

    def weigh(
        self, items: Sequence[Branching], advance: Callable[[int, int], None] = lambda done, total: None
    ) -> list[list[Spelled]]:
        """Weigh tokens: behind shared prefixes where the model can share them, else each option by itself."""
        return weigh(self.model, self.sharing, self.memory, items, advance)

    def _encode(self, asked: Sequence[Alternatives]) -> list[tuple[tuple[int, ...], list[tuple[int, ...]]]]:
        """Tokenise contexts and options as lm-evaluation-harness does.

        Spaces that end a context go in front of the option, and the option's tokens are those that both together have
        more than the context alone (`TemplateLM._encode_pair`). An empty context is the token that begins a text.
        """
        found: list[tuple[tuple[int, ...], list[tuple[int, ...]]]] = [((), [])] * len(asked)
        for chat in (False, True):
            numbers = [at for at, one in enumerate(asked) if isinstance(one.context, str) is not chat]
            contexts, options = [], []
            for at in numbers:
                text = self._context(asked[at])
                spaces = text[len(text.rstrip()) :]
                contexts.append(text.rstrip())
                options.append([spaces + neutralise(self._control, option) for option in asked[at].options])
            # A chat's special tokens come from its template alone.
            alone = self._ids([text or "" for text in contexts], special=not chat)
            whole = self._ids(
                [text + option for text, some in zip(contexts, options, strict=True) for option in some],
                special=[not chat and bool(text) for text, some in zip(contexts, options, strict=True) for _ in some],
            )
            at = 0
            for number, text, before, some in zip(numbers, contexts, alone, options, strict=True):
                parts = whole[at : at + len(some)]
                at += len(some)
                if text:
                    found[number] = (before, [part[len(before) :] for part in parts])
                else:
                    found[number] = ((self._beginning(),), parts)
        return found

    def _context(self, one: Alternatives) -> str:
        if isinstance(one.context, str):
            return neutralise(self._control, one.context)
        return self.codec.prompt(one.context) + self.codec.contract.lead

    def _beginning(self) -> int:
        """Give the token that stands for an empty context."""
        tokenizer = self.codec.tokenizer
        for token in (tokenizer.bos_token_id, tokenizer.eos_token_id):
            if token is not None:
                return int(token)
        raise BackendError("the tokenizer has no token that begins or ends a text, so an empty context can't be asked")

    def _ids(self, texts: Sequence[str], special: bool | Sequence[bool]) -> list[tuple[int, ...]]:
        flags = [special] * len(texts) if isinstance(special, bool) else special
        found: list[tuple[int, ...]] = [()] * len(texts)
        for flag in (False, True):
            numbers = [at for at, one in enumerate(flags) if one is flag]
            if not numbers:
                continue
            encoded = all_ids(self.codec.tokenizer, [texts[at] for at in numbers], flag)
            for at, ids in zip(numbers, encoded, strict=True):
                found[at] = tuple(ids)
        return found


def load_weigher(model: Path) -> Weigher:
    """Load a checkpoint folder or a prepared base; a BackendError says what is wrong with it."""
    return Weigher(*load_served(model), chat=read_card(model).origin != "base")


def load_likelihood(model: Path) -> Likelihood:
    """Load a checkpoint folder or a prepared base as `dsol.Likelihood`."""
    return load_weigher(model)
