"""Compatibility check of a generator and a discriminator, for models and trainers."""

import keras


def check_network_pair(generator: keras.Model, discriminator: keras.Model) -> None:
    """Raises a ValueError if a generator and a discriminator have different images or labels.

    Args:
        generator: model with `image_shape` and `num_classes`.
        discriminator: model with `image_shape` and `num_classes`.
    """
    if tuple(generator.image_shape) != tuple(discriminator.image_shape):
        raise ValueError(
            "Generator and discriminator must have the same image shape. "
            f"Received: {generator.image_shape} and {discriminator.image_shape}."
        )
    if generator.num_classes != discriminator.num_classes:
        raise ValueError(
            "Generator and discriminator must have the same number of classes. "
            f"Received: num_classes={generator.num_classes} and {discriminator.num_classes}."
        )
