"""Test-time refinement of style vectors by gradient descent."""

import tensorflow as tf

from tfstyle.losses.perceptual import content_loss, gram_style_loss
from tfstyle.models.perceptual.light_extractor import CONTENT_LAYER, STYLE_LAYERS
from tfstyle.optimizers.adam import adam_change
from tfstyle.statistics import gram_matrix

NUM_STEPS = 160
CONTENT_WEIGHT, STYLE_WEIGHT = 2.2, 20.0
LEARNING_RATE, BETAS = 0.03, (0.9, 0.99)  # of Adam; the components of a style vector are about 1


def refine_style(styler, style_images, style_vectors, photographs, num_steps=NUM_STEPS) -> tf.Tensor:
    """Optimizes style vectors for their paintings, at test time.

    A styler predicts the vector of a painting from its statistics. The refinement optimizes the vector on a few
    photographs, one in each step:

        content_weight * content + style_weight * log(1 + style)

    in the features of the styler's own extractor. The vector generalizes to other photographs. The refinement takes
    seconds and is done once per painting; the resulting vectors are used like any others.

    Args:
        styler: `SemanticStyler`.
        style_images: float tensor of shape `(batch, height, width, 3)`, RGB in [0, 1].
        style_vectors: float tensor of shape `(batch, style_dim)`, from `encode_style` of these images.
        photographs: float tensor of shape `(num_photographs, side, side, 3)`, RGB in [0, 1], to optimize on.
        num_steps: integer; more steps match the painting more closely.

    Returns:
        float32 tensor of shape `(batch, style_dim)`.

    Reference:
        Abdal, Qin, Wonka: Image2StyleGAN: How to Embed Images Into the StyleGAN Latent Space?, 2019, for
        embeddings that a network initializes and optimization refines.
    """
    extractor = styler.extractor
    features = extractor(style_images)
    grams = {name: gram_matrix(features[name]) for name in STYLE_LAYERS}
    contents = extractor(photographs)[CONTENT_LAYER]
    num_styles, num_photographs = tf.shape(style_vectors)[0], tf.shape(photographs)[0]

    def loss_of(vectors, step):
        # One photograph for all paintings.
        index = step % num_photographs
        photograph, content = (tf.repeat(tensor[index][None], num_styles, axis=0) for tensor in (photographs, contents))
        features = extractor(styler(photograph, vectors, tf.ones((1,))))
        losses = CONTENT_WEIGHT * content_loss(features[CONTENT_LAYER], content)
        return tf.reduce_sum(losses + STYLE_WEIGHT * tf.math.log1p(gram_style_loss(features, grams)))

    def descend(step, vectors, moments):
        with tf.GradientTape() as tape:
            tape.watch(vectors)
            loss = loss_of(vectors, step)
        count = tf.cast(step, tf.float32)
        change, moments = adam_change(tape.gradient(loss, vectors), moments, count + 1, BETAS)
        rate = LEARNING_RATE * (1 - 0.9 * count / num_steps)
        return step + 1, vectors - rate * change, moments

    style_vectors = tf.convert_to_tensor(style_vectors)
    zeros = tf.zeros_like(style_vectors)
    _, vectors, _ = tf.while_loop(
        lambda step, *_: step < num_steps,
        descend,
        (tf.constant(0), style_vectors, (zeros, zeros)),
        parallel_iterations=1,
    )
    return vectors
