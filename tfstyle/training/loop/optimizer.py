"""The optimizer of all style networks."""

import keras
import tensorflow as tf

INITIAL_SCALE = 2.0**10  # of a loss of several terms, which overflows float16 with the 2^15 of Keras


def make_optimizer(config, compute_dtype, learning_rate=None, clip_norm=None) -> keras.optimizers.Optimizer:
    """Adam with a warm-up and a cosine decay to 1/100 of the learning rate, and loss scaling for float16 gradients.

    Args:
        config: `TrainingConfig`.
        compute_dtype: string, compute dtype of the trained network.
        learning_rate: float, maximum learning rate; by default the `learning_rate` of the config.
        clip_norm: float, norm to which the gradient of each device is clipped; None for no clipping.
    """
    learning_rate = learning_rate or config.learning_rate
    schedule = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0 if config.warmup_steps else learning_rate,
        decay_steps=max((config.schedule_steps or config.num_steps) - config.warmup_steps, 1),
        alpha=0.01,
        warmup_target=learning_rate if config.warmup_steps else None,
        warmup_steps=config.warmup_steps,
    )
    optimizer = keras.optimizers.Adam(schedule, global_clipnorm=clip_norm)
    return keras.optimizers.LossScaleOptimizer(optimizer, INITIAL_SCALE) if compute_dtype == "float16" else optimizer


def clip_gradients(gradients, clip_norm, optimizer) -> list[tf.Tensor]:
    """Clips gradients so that the norm of their sum over the replicas is at most `clip_norm`, as for one replica.

    Args:
        gradients: list of tensors, gradients of one replica of a loss that is scaled by the optimizer.
        clip_norm: positive float.
        optimizer: optimizer that applies the gradients and sums them over the replicas.

    Returns:
        List of tensors.
    """
    context = tf.distribute.get_replica_context()
    gradients = [tf.convert_to_tensor(gradient) for gradient in gradients]  # embeddings' are sparse
    whole = context.all_reduce(tf.distribute.ReduceOp.SUM, gradients)
    whole, _ = tf.clip_by_global_norm(whole, clip_norm * optimizer.scale_loss(1.0))
    return [gradient / context.num_replicas_in_sync for gradient in whole]
