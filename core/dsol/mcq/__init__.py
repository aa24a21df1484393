"""Multiple choice: read a set, weigh its options by a model's likelihoods, and say how sure the score is."""

from dsol.mcq.question import Question
from dsol.mcq.reading import Reading, read
from dsol.mcq.result import Result
from dsol.mcq.scoring import Options, score

__all__ = ["Options", "Question", "Reading", "Result", "read", "score"]
