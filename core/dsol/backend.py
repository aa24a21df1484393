"""Where training and generation happen: the protocols that a backend plugin fulfils."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypedDict

if TYPE_CHECKING:
    from dsol.recipe import Recipe, Stage
    from dsol.sizing import Shape, Speed

NO_LOSS = -100


class Message(TypedDict):
    """One turn of a chat; `role` is "system", "user" or "assistant"."""

    role: str
    content: str


Chat = list[Message]


@dataclass(frozen=True)
class Completion:
    """What the model wrote to one chat.

    `logprobs`: natural-log probability of each generated token at temperature 1, the stop token included.
    `finished` is False where the length limit cut the text off.
    """

    text: str
    logprobs: tuple[float, ...] = ()
    finished: bool = True


class Generate(Protocol):
    """Write completions to chats: for each chat a list of `samples` completions.

    `temperature` 0 is greedy (then `samples` must be 1). Deterministic for one `seed` on one machine. `choices`, where
    it is not empty, holds what each chat may be answered with, at least one text each: nothing is drawn then, and the
    completions of a chat are its choices, in their order, each with its log-probabilities.

    `patterns`: for each chat a regular expression that the whole completion is held to while it is written (empty:
    free), without anchors, look-around or references. One that the length limit cuts off matches as far as it goes.
    `logprobs` stay those of the model by itself: a token that it was held to against its will is as unlikely as it
    says.
    """

    def __call__(
        self,
        chats: Sequence[Chat],
        *,
        samples: int = 1,
        temperature: float = 0.0,
        max_new_tokens: int = 256,
        seed: int = 0,
        choices: Sequence[Sequence[str]] = (),
        patterns: Sequence[str] = (),
    ) -> list[list[Completion]]: ...


@dataclass(frozen=True)
class TokenRow:
    """A tokenised sample; `labels` are `input_ids` where loss is wanted and NO_LOSS (-100) elsewhere."""

    input_ids: list[int]
    labels: list[int]


@dataclass(frozen=True)
class Template:
    """The chat contract of a base: how it renders turns, as the manifest keeps it.

    `hash` is the SHA-256 of the template text, the special tokens and the stop token; `stop` is the text of the token
    that ends an assistant's turn. `family` names the published format that it looks like, for people only.
    """

    hash: str
    stop: str
    family: str = ""


class Codec(Protocol):
    """Turn a chat and its target into tokens with the base's own chat template.

    `fingerprint` names tokenizer and template, for caching rows. `encode(None, text)` is a plain document. Many at
    once, each the same as by itself: `encode_chats` for chats with their targets, `encode_documents` for the tokens of
    documents.
    """

    @property
    def template(self) -> Template: ...

    @property
    def fingerprint(self) -> str: ...

    def encode(self, chat: Chat | None, target: str) -> TokenRow: ...

    def encode_chats(self, pairs: Sequence[tuple[Chat, str]]) -> list[TokenRow]: ...

    def encode_documents(self, texts: Sequence[str]) -> list[list[int]]: ...


@dataclass(frozen=True)
class Progress:
    """How far a stage is: optimizer steps done and in all, and the newest numbers (loss, tokens per second)."""

    step: int
    steps: int
    numbers: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class FitJob:
    """All that `fit` needs, as files: a backend may run it in other processes.

    `start`: folder of the model to start from (the prepared base or the previous stage's model).
    `rows`: Arrow files by source name (see dsol.rows). `order`: the mix file (see dsol.mix). `folder`: the stage's
    folder; `fit` leaves `checkpoint-<step>/` folders (each with a `complete` marker written last) and `log.jsonl`
    there, and goes on from what it saved last when called again (a checkpoint, or a save of its own between them).
    """

    start: Path
    rows: dict[str, Path]
    order: Path
    folder: Path
    stage: Stage
    seed: int


@dataclass(frozen=True)
class Alternatives:
    """A context and the texts that may follow it.

    `context`: a chat, rendered by the base's own template up to where the model begins to write; or plain text, which
    the model goes on with.
    """

    context: Chat | str
    options: tuple[str, ...]


@dataclass(frozen=True)
class LogLikelihood:
    """How likely one option is: the natural logarithm of its probability, summed over its `tokens`.

    `greedy`: every token is the most likely one. `cut`: tokens of the context that the model couldn't read, because
    both together are longer than it takes; they are left out at the front.
    """

    total: float
    tokens: int
    greedy: bool
    cut: int = 0


class Likelihood(Protocol):
    """Say how likely each option is behind its context, in the order asked.

    `chat`: whether the model was made to answer chats; if not, ask it with plain text. `advance` hears how many
    contexts of how many are done. Tokens at the border of context and option are those of lm-evaluation-harness:
    spaces that end the context belong to the option.
    """

    @property
    def chat(self) -> bool: ...

    def __call__(
        self,
        asked: Sequence[Alternatives],
        advance: Callable[[int, int], None] = lambda done, total: None,
    ) -> list[list[LogLikelihood]]: ...


@dataclass(frozen=True)
class Loss:
    """The mean loss of a source in nats per token that carries loss, and how many those are."""

    mean: float
    tokens: int


class Backend(Protocol):
    """Make a base ready, train it, serve it, and measure it.

    `check(options)` lists what is wrong with a stage's `backend:` options (each beginning with its path,
    `backend.name`), empty where nothing is. `check_base(recipe)` looks a base over before any work is done for it, and
    is quick: it neither loads nor fetches weights; a BackendError says what is wrong. `describe(recipe)` gives a
    base's shape from its settings alone, or that of a `shape` that is named instead. `probe(shape)` times training's
    arithmetic on this machine, for a second or two. `prepare(recipe, folder, texts)`
    resolves the recipe's base (a hub id, a local folder, `scratch:<size>`) into `folder` and returns its codec;
    `texts` yields (chat, target) pairs for bases whose tokenizer is made from the data. `load(model)` and
    `load_likelihood(model)` take a checkpoint folder, or a prepared base (what `load` gives may have an attribute
    `advance`, a function that it tells how many chats of how many a call has answered); `check_patterns()` is a
    BackendError where completions can't be held to patterns here. `measure(model, rows)` gives the mean loss of each
    source over its row file (see dsol.rows; labels that are null carry loss on every token).
    """

    def check(self, options: Mapping[str, Any]) -> list[str]: ...

    def check_base(self, recipe: Recipe) -> None: ...

    def describe(self, recipe: Recipe, shape: str = "") -> Shape: ...

    def probe(self, shape: Shape) -> Speed: ...

    def prepare(
        self, recipe: Recipe, folder: Path, texts: Callable[[], Iterable[tuple[Chat | None, str]]]
    ) -> Codec: ...

    def fit(self, job: FitJob, progress: Callable[[Progress], None]) -> None: ...

    def load(self, model: Path) -> Generate: ...

    def check_patterns(self) -> None: ...

    def load_likelihood(self, model: Path) -> Likelihood: ...

    def measure(
        self,
        model: Path,
        rows: Mapping[str, Path],
        advance: Callable[[int, int], None] = lambda done, total: None,
    ) -> Mapping[str, Loss]: ...
