"""Words and their numbers."""

import numpy as np
import pytest

from tfstyle.vocabulary import Vocabulary, VocabularyError, split_words

VOCABULARY = Vocabulary.from_captions(["A red ring, large", "two RED rings"])


def test_words_are_numbered_in_alphabetical_order():
    assert VOCABULARY.words == ("a", "large", "red", "ring", "rings", "two")
    assert len(VOCABULARY) == 6
    encoded = VOCABULARY.encode(["two red rings!", "A"], 4)
    assert encoded.dtype == np.int32
    assert encoded.tolist() == [[6, 3, 5, 0], [1, 0, 0, 0]]


def test_what_separates_words():
    assert split_words("It's a  half-moon_Größe; 2 RINGS.") == ["it's", "a", "half", "moon", "größe", "2", "rings"]


@pytest.mark.parametrize(
    ("caption", "message"),
    [
        ("a redd ring", "does not know the word 'redd'. Near words that it knows: red"),
        ("a dodecahedron", "does not know the word 'dodecahedron'. It knows: a, large, red, ring, rings, two."),
        ("...", "a text has 1 to 4 words. Received: '...', 0 words."),
        ("two red rings a ring", "a text has 1 to 4 words. Received: 'two red rings a ring', 5 words."),
    ],
)
def test_captions_that_cannot_be_read(caption, message):
    with pytest.raises(VocabularyError) as error:
        VOCABULARY.encode(["a ring", caption], 4)
    assert message in str(error.value)


@pytest.mark.parametrize("words", [(), ("a", "b", "a")])
def test_a_vocabulary_has_each_word_once(words):
    with pytest.raises(VocabularyError, match="each of them once"):
        Vocabulary(words)
