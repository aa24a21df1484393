"""How far a chunk is while it is answered: what is told goes up, ends at the whole, and changes no answer."""

from dsol import Completion
from dsol.listening import Listening


class Slow:
    """A model that tells each chat of a call as it answers it."""

    def __init__(self):
        self.advance = lambda done, total: None

    def __call__(self, chats, **options):
        for done in range(1, len(chats) + 1):
            self.advance(done, len(chats))
        return [[Completion(chat)] for chat in chats]


def test_a_chunk_of_several_calls_advances_with_each_chat():
    told = []
    model = Slow()
    listening = Listening(model, lambda done, total: told.append((done, total)), 20)
    for _ in range(2):
        listening.begin(10, prompts=10)
        assert listening(list("abcdefghij")) == [[Completion(letter)] for letter in "abcdefghij"]
        listening(list("abcdefghij"))
        listening.end()
    counts = [done for done, _ in told]
    assert counts == sorted(counts)
    assert {total for _, total in told} == {20}
    assert counts[:3] == [1, 2, 3]
    assert counts[-1] == 20
    # The second chunk knows that each prompt is asked twice.
    second = told[counts.index(10) + 1 :]
    assert [done for done, _ in second[:4]] == [10, 11, 11, 12]
    assert len(told) == 46
    model(["a"])
    assert len(told) == 46


def test_a_model_that_tells_nothing_advances_with_each_call():
    told = []
    listening = Listening(lambda chats, **options: [[] for _ in chats], lambda done, total: told.append(done), 10)
    listening.begin(10, prompts=100)
    for _ in range(3):
        listening(["x"] * 30)
    listening.end()
    assert told == [3, 6, 9, 10]
