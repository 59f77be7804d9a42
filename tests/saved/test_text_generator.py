"""Generators of images from words as SavedModels, whose graph reads strings."""

import pickle
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfstyle
from tfstyle.images import from_signed
from tfstyle.models.gan.text_gan import TextConditionalGenerator
from tfstyle.saved.text_generator import export_text_generator, tokens_of, word_table
from tfstyle.vocabulary import Vocabulary, VocabularyError

WORDS = ("a", "größe", "it's", "red", "ring", "rings", "two")
CAPTIONS = ["A red ring.", "two  RED\trings", "It's a Größe!"]


@pytest.fixture(scope="module")
def generator():
    keras.utils.set_random_seed(0)
    return TextConditionalGenerator(WORDS, 4, 8, latent_dim=3, filters=(6, 5), units=8, dtype="mixed_bfloat16")


@pytest.fixture(scope="module")
def folder(generator, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported") / "tiny"
    export_text_generator(generator, folder)
    return folder


@pytest.fixture(scope="module")
def loaded(folder):
    return tfstyle.load(folder)


def test_the_graph_reads_words_as_python_does():
    tokens = tokens_of(tf.constant(CAPTIONS), word_table(WORDS), 4)
    np.testing.assert_array_equal(tokens, Vocabulary(WORDS).encode(CAPTIONS, 4))


def test_images_are_those_of_the_generator(loaded, generator):
    latents = np.random.default_rng(0).standard_normal((3, 3), np.float32)
    float32 = TextConditionalGenerator.from_config({**generator.get_config(), "dtype": "float32"})
    float32.set_weights(generator.get_weights())
    expected = np.asarray(from_signed(float32(latents, Vocabulary(WORDS).encode(CAPTIONS, 4))))
    np.testing.assert_allclose(loaded(CAPTIONS, latents), expected, atol=4 / 255)
    assert np.abs(expected[0] - expected[1]).max() > 0.01  # so that captions matter


def test_a_caption_alone_takes_the_latents_of_seed_0(loaded):
    image = loaded("a red ring")
    assert image.shape == (1, 8, 8, 3)
    assert 0 <= image.numpy().min() < image.numpy().max() <= 1
    np.testing.assert_array_equal(image, loaded(["a red ring"], loaded.draw_latents(1, seed=0)))
    assert np.any(image != loaded(["a red ring"], loaded.draw_latents(1, seed=1)))
    np.testing.assert_array_equal(image, pickle.loads(pickle.dumps(loaded))("a red ring"))


def test_mistakes_of_the_user(loaded):
    with pytest.raises(VocabularyError, match=r"the word 'rign'. Near words that it knows: ring"):
        loaded(["a ring", "a rign"])
    with pytest.raises(VocabularyError, match="1 to 4 words. Received: 'a a a a a', 5 words"):
        loaded("a a a a a")
    with pytest.raises(VocabularyError, match="must be strings"):
        loaded([])
    with pytest.raises(ValueError, match=r"the shape \(1, 3\), one vector a caption"):
        loaded("a ring", np.zeros((2, 3)))


STRANGER = """
import sys
sys.modules["tfstyle"] = None
import tensorflow as tf
serve = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
images = serve(captions=tf.constant(["A red ring."]), latents=tf.zeros((1, 3)))["images"]
print(images.shape, float(tf.reduce_mean(images)))
for caption in ("a rign", "?", "a a a a a"):
    try:
        serve(captions=tf.constant([caption]), latents=tf.zeros((1, 3)))
    except tf.errors.InvalidArgumentError as error:
        print(" ".join(str(error).split()))
"""


def test_a_program_without_tfstyle_passes_strings(folder, loaded):
    process = subprocess.run([sys.executable, "-c", STRANGER, str(folder)], capture_output=True, text=True, timeout=300)
    assert process.returncode == 0, process.stderr
    images, *errors = process.stdout.splitlines()
    mean = float(np.mean(loaded("a red ring", np.zeros((1, 3)))))
    assert images.startswith("(1, 8, 8, 3) ")
    assert float(images.rpartition(" ")[2]) == pytest.approx(mean, abs=1e-5)
    messages = ["a word that the model does not know", "A caption has no words", "A caption has too many words"]
    for message, error in zip(messages, errors, strict=True):
        assert message in error
