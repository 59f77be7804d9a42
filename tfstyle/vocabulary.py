"""Words and their numbers: what a network that reads captions knows."""

import difflib
import re
from collections.abc import Iterable, Sequence

import numpy as np

from tfstyle.errors import TfstyleError

# A word: letters, digits and apostrophes. Everything else separates words.
WORD = re.compile(r"(?:[^\W_]|')+")
SEPARATORS = r"[^\p{L}\p{M}\p{N}']+"  # the same in the syntax of RE2, which `tf.strings` uses


class VocabularyError(TfstyleError, ValueError):
    """A caption has no words, too many, or unknown ones. The message is one line, written for the user."""


def split_words(caption: str) -> list[str]:
    """The words of a caption, in lower case.

    Example:
        >>> split_words("Two small, red rings!")
        ['two', 'small', 'red', 'rings']
    """
    return WORD.findall(caption.lower())


class Vocabulary:
    """Numbers words from 1. The number 0 pads captions at their end.

    Args:
        words: the words, in the order of their numbers.

    Attributes:
        words: tuple of strings.

    Raises:
        VocabularyError: if there are no words, or a word twice.

    Example:
        >>> Vocabulary(["a", "red", "ring"]).encode(["A red ring."], 5).tolist()
        [[1, 2, 3, 0, 0]]
    """

    def __init__(self, words: Iterable[str]):
        self.words = tuple(words)
        self._numbers = {word: number for number, word in enumerate(self.words, start=1)}
        if not self.words or len(self._numbers) < len(self.words):
            raise VocabularyError(f"A vocabulary needs words, each of them once. Received: {self.words}.")

    @classmethod
    def from_captions(cls, captions: Iterable[str]) -> "Vocabulary":
        """The words of captions, in alphabetical order."""
        return cls(sorted({word for caption in captions for word in split_words(caption)}))

    def __len__(self) -> int:
        return len(self.words)

    def encode(self, captions: Sequence[str], num_words: int) -> np.ndarray:
        """The numbers of the words of captions.

        Args:
            captions: strings.
            num_words: integer, largest number of words of a caption.

        Returns:
            int32 array of shape `(len(captions), num_words)`, 0 after the last word.

        Raises:
            VocabularyError: if a caption has no words, too many, or unknown ones.
        """
        tokens = np.zeros((len(captions), num_words), np.int32)
        for row, caption in zip(tokens, captions, strict=True):
            words = split_words(caption)
            unknown = [word for word in words if word not in self._numbers]
            if unknown:
                raise VocabularyError(f"the model does not know the word {unknown[0]!r}. {self._near(unknown[0])}")
            if not 1 <= len(words) <= num_words:
                raise VocabularyError(f"a text has 1 to {num_words} words. Received: {caption!r}, {len(words)} words.")
            row[: len(words)] = [self._numbers[word] for word in words]
        return tokens

    def _near(self, word):
        near = difflib.get_close_matches(word, self.words, n=4, cutoff=0.5)
        if near:
            return f"Near words that it knows: {', '.join(near)}."
        shown = ", ".join(self.words[:40])
        return f"It knows: {shown}." if len(self) <= 40 else f"It knows {len(self)} words: {shown}, ..."
