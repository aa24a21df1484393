"""The chat contract: what a base's own template puts around a turn, found by rendering, never by a model's name."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import TemplateError

from dsol import NO_LOSS, BackendError, Chat, Message, Template, TokenRow

FILE = "template.json"
SYSTEM, USER, ANSWER, NEXT = "sysprobe", "userprobe", "answerprobe", "nextprobe"
# Switches that families give their templates; each is tried, and kept where it brings the served prompt nearest to
# how the template renders a finished turn.
SWITCHES: tuple[dict[str, Any], ...] = ({}, {"enable_thinking": False}, {"thinking": False})
# What opens a turn in the published formats, the more special first; names for people, nothing depends on them.
FAMILIES = (
    ("<|start_header_id|>", "Llama 3"),
    ("<start_of_turn>", "Gemma"),
    ("<|im_start|>", "ChatML"),
    ("[gMASK]", "GLM-4"),
    ("<|end|>", "Phi"),
    ("[INST]", "Mistral"),
    ("<reserved_", "Baichuan"),
    ("### user", "plain text"),
)
# Some templates print today's date: training and serving would differ. A fixed one keeps the bytes equal.
FIXED_DATE = "01 Jan 2025"


@dataclass(frozen=True)
class Contract:
    """How a base's template renders a turn.

    The model reads the template's prompt and writes `lead` + answer + `close` + `stop`; `lead` is what the template
    puts between its generation prompt and an answer (often nothing), `close` what it puts between answer and stop
    token. `fold`: the template has no system role, the system text goes in front of the first user turn. `options`:
    arguments that every rendering gets. `hash` covers all of it and the template's text and special tokens.
    """

    stop: str
    stop_id: int
    lead: str = ""
    close: str = ""
    fold: bool = False
    options: dict[str, Any] = field(default_factory=dict)
    hash: str = ""


@dataclass(frozen=True)
class ChatCodec:
    """Turn chats and targets into tokens (`dsol.Codec`), and what a model wrote back into the answer."""

    tokenizer: Any
    contract: Contract
    fingerprint: str = ""

    @property
    def template(self) -> Template:
        opened = self.prompt([_turn("user", USER)])
        known = (name for mark, name in FAMILIES if mark in opened)
        return Template(self.contract.hash, self.contract.stop, next(known, "its own"))

    @cached_property
    def _control(self) -> re.Pattern[str] | None:
        return control_tokens(self.tokenizer)

    def prompt(self, chat: Chat) -> str:
        """Render a chat up to where the model begins to write; training and serving both use this text."""
        if not chat or chat[-1]["role"] != "user":
            raise BackendError("a chat must end with a user's turn before the model can answer")
        cleaned: Chat = [{"role": turn["role"], "content": neutralise(self._control, turn["content"])} for turn in chat]
        return render(self.tokenizer, _fold(cleaned) if self.contract.fold else cleaned, True, self.contract.options)

    def prompt_ids(self, chat: Chat) -> list[int]:
        """Tokenise the rendered prompt; special tokens come from the template alone."""
        return _ids(self.tokenizer, self.prompt(chat))

    def encode(self, chat: Chat | None, target: str) -> TokenRow:
        """Tokenise a chat and its target; labels are on the target and the stop token only.

        A document (chat None) carries loss everywhere and ends with the end-of-text token.
        """
        if chat is not None:
            return self.encode_chats([(chat, target)])[0]
        ids = self.encode_documents([target])[0]
        return TokenRow(ids, list(ids))

    def encode_chats(self, pairs: Sequence[tuple[Chat, str]]) -> list[TokenRow]:
        """Tokenise many chats with their targets in one call of the tokenizer.

        A prompt is tokenised once, also one of several pairs. What an answer makes of its end is seen from the last
        control token on: tokenizers part a text at those first, so nothing that stands before one changes the tokens
        behind it.
        """
        rendered = {id(chat): self.prompt(chat) for chat in {id(chat): chat for chat, _ in pairs}.values()}
        prompts = [rendered[id(chat)] for chat, _ in pairs]
        texts = [self.contract.lead + neutralise(self._control, target) + self.contract.close for _, target in pairs]
        ends = [prompt[self._last_control(prompt) :] for prompt in prompts]
        joined = [end + text for end, text in zip(ends, texts, strict=True)]
        once = list(dict.fromkeys([*prompts, *joined, *ends]))
        ids = dict(zip(once, all_ids(self.tokenizer, once), strict=True))
        rows = []
        for prompt, text, end in zip(prompts, texts, ends, strict=True):
            before, whole, last = ids[prompt], ids[end + text], ids[end]
            after = whole[len(last) :] if whole[: len(last)] == last else self._behind(before, text)
            written = [*after, self.contract.stop_id]
            rows.append(TokenRow(before + written, [NO_LOSS] * len(before) + written))
        return rows

    def encode_documents(self, texts: Sequence[str]) -> list[list[int]]:
        """Tokenise plain documents in one call of the tokenizer, each as `encode(None, text)` does."""
        if not texts:
            return []
        end = self.tokenizer.eos_token_id
        clean = [neutralise(self._control, text) for text in texts]
        found = all_ids(self.tokenizer, clean, special=True)
        return [ids if end is None or (ids and ids[-1] == end) else [*ids, end] for ids in found]

    def answer(self, written: str) -> str:
        """Strip what the template puts around an answer from the text that a model wrote."""
        return written.removeprefix(self.contract.lead).removesuffix(self.contract.close)

    def _last_control(self, text: str) -> int:
        """Find where the last control token of a text begins; 0 where it has none."""
        found = list(self._control.finditer(text)) if self._control else []
        return found[-1].start() if found else 0

    def _behind(self, before: list[int], text: str) -> list[int]:
        """Tokenise `text` by itself where its beginning would change the prompt's tokens, which stay as served."""
        apart = _ids(self.tokenizer, text)
        if self.tokenizer.decode(before + apart) != self.tokenizer.decode(before) + text:
            raise BackendError(f"the tokenizer can't put {text[:40]!r} behind the prompt without changing the prompt")
        return apart


def codec(tokenizer: Any) -> ChatCodec:
    """Make the codec of a tokenizer with a chat template; a BackendError says what is missing."""
    contract = derive(tokenizer)
    model = tokenizer.backend_tokenizer.to_str() if tokenizer.is_fast else json.dumps(tokenizer.get_vocab())
    mark = hashlib.sha256(f"{contract.hash} {model}".encode()).hexdigest()
    return ChatCodec(tokenizer, contract, mark)


def derive(tokenizer: Any) -> Contract:
    """Find a template's contract by rendering probes; a BackendError says why there is none."""
    if not tokenizer.chat_template:
        raise BackendError("the tokenizer has no chat template; take a base that has one, or add `chat_template.jinja`")
    text = tokenizer.get_chat_template()
    date = {"date_string": FIXED_DATE} if "date_string" in text else {}
    fold = not _takes_system(tokenizer, date)
    found: list[tuple[int, dict[str, Any], str, str]] = []
    for switch in SWITCHES:
        options = {**date, **switch}
        prompt = render(tokenizer, [_turn("user", USER)], True, options)
        full = render(tokenizer, [_turn("user", USER), _turn("assistant", ANSWER)], False, options)
        at = full.rfind(ANSWER)
        if full.startswith(prompt) and at >= len(prompt):
            lead, tail = full[len(prompt) : at], full[at + len(ANSWER) :]
            found.append((len(lead), options, lead, tail))
    if not found:
        raise BackendError(
            "the chat template's generation prompt is not how it renders a finished answer (a thinking block that "
            "is always opened, say), so training and serving would differ; change `chat_template.jinja` of the base"
        )
    _, options, lead, tail = min(found, key=lambda one: one[0])
    stop, close = _stop(tokenizer, tail, options)
    contract = Contract(stop, int(tokenizer.convert_tokens_to_ids(stop)), lead, close, fold, options)
    special = {name: str(token) for name, token in sorted(tokenizer.special_tokens_map.items())}
    facts = json.dumps([text, special, asdict(contract)], sort_keys=True, ensure_ascii=False)
    return Contract(**{**asdict(contract), "hash": hashlib.sha256(facts.encode()).hexdigest()})


def render(tokenizer: Any, chat: Chat, prompt: bool, options: Mapping[str, Any]) -> str:
    """Render a chat with the tokenizer's template; what the template refuses is a BackendError."""
    try:
        return str(tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=prompt, **options))
    except (TemplateError, TypeError, ValueError) as error:
        roles = ", ".join(turn["role"] for turn in chat)
        raise BackendError(f"the base's chat template refuses a chat of {roles}: {error}") from error


def control_tokens(tokenizer: Any) -> re.Pattern[str] | None:
    """Make the pattern of all tokens that steer the model rather than spell text."""
    names = {str(token) for token in tokenizer.all_special_tokens}
    names |= {str(token) for token in tokenizer.added_tokens_decoder.values() if token.special}
    ordered = sorted((name for name in names if len(name) > 1), key=lambda name: (-len(name), name))
    return re.compile("|".join(map(re.escape, ordered))) if ordered else None


def neutralise(pattern: re.Pattern[str] | None, text: str) -> str:
    """Break up control tokens that stand in ordinary text, so that data can't end a turn or open another."""
    return pattern.sub(lambda match: f"{match[0][0]} {match[0][1:]}", text) if pattern else text


def prove_stop(row: TokenRow, contract: Contract) -> None:
    """Check that a chat row's loss ends on the stop token and covers nothing before the answer."""
    if not row.labels or row.labels[-1] != contract.stop_id or row.input_ids[-1] != contract.stop_id:
        raise BackendError(f"the stop token {contract.stop!r} is not in the loss; a model trained so never stops")
    start = next(at for at, label in enumerate(row.labels) if label != NO_LOSS)
    if row.labels[start:] != row.input_ids[start:]:
        raise BackendError("the loss mask of a row has holes; labels must cover the answer and the stop token")


def save(contract: Contract, folder: Path) -> None:
    """Write the contract beside a model."""
    (folder / FILE).write_text(json.dumps(asdict(contract), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def check(tokenizer: Any, folder: Path) -> ChatCodec:
    """Make the codec of a saved model, and refuse it when its template is not the one it was trained with."""
    path = folder / FILE
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))["hash"]
    except (OSError, ValueError, KeyError) as error:
        raise BackendError(f"{path} is missing or unreadable, so the chat template can't be checked") from error
    made = codec(tokenizer)
    if made.contract.hash != saved:
        raise BackendError(
            f"{folder}: the chat template (hash {made.contract.hash[:12]}) is not the one that the model was trained "
            f"with ({saved[:12]}); restore the tokenizer files of the run, or train again"
        )
    return made


def _turn(role: str, content: str) -> Message:
    return {"role": role, "content": content}


def _ids(tokenizer: Any, text: str) -> list[int]:
    return all_ids(tokenizer, [text])[0]


def all_ids(tokenizer: Any, texts: Sequence[str], special: bool = False) -> list[list[int]]:
    """Tokenise texts; special tokens come from the texts alone, or also those that begin and end one."""
    if not tokenizer.is_fast:
        return [list(ids) for ids in tokenizer(list(texts), add_special_tokens=special)["input_ids"]]
    backend = tokenizer.backend_tokenizer  # transformers' own call takes half as long again for columns not needed here
    backend.no_truncation()
    backend.no_padding()
    backend.encode_special_tokens = False
    return [one.ids for one in backend.encode_batch_fast(list(texts), add_special_tokens=special)]


def _fold(chat: Chat) -> Chat:
    if chat[0]["role"] != "system" or len(chat) < 2:
        return chat
    first = _turn(chat[1]["role"], f"{chat[0]['content']}\n\n{chat[1]['content']}")
    return [first, *chat[2:]]


def _takes_system(tokenizer: Any, options: Mapping[str, Any]) -> bool:
    try:
        return SYSTEM in render(tokenizer, [_turn("system", SYSTEM), _turn("user", USER)], True, options)
    except BackendError:
        return False


def _stop(tokenizer: Any, tail: str, options: Mapping[str, Any]) -> tuple[str, str]:
    """Find the token that ends an answer, and the text before it: in the turn's tail, else where the next begins."""
    more = [_turn("user", USER), _turn("assistant", ANSWER), _turn("user", NEXT)]
    conversation = render(tokenizer, more, True, options)
    after = conversation[conversation.find(ANSWER) + len(ANSWER) : conversation.find(NEXT)]
    pattern = control_tokens(tokenizer)
    for text in (tail, after):
        match = pattern.search(text) if pattern else None
        if match and match[0] != tokenizer.bos_token:
            return match[0], text[: match.start()]
    if tokenizer.eos_token is None:
        raise BackendError("neither the chat template nor the tokenizer has a token that ends an answer")
    return str(tokenizer.eos_token), tail
