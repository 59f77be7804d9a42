"""The optimizer of all style networks."""

import keras
import tensorflow as tf

INITIAL_SCALE = 2.0**10  # of a loss of several terms, which Keras' 2^15 takes out of the range of float16


def make_optimizer(config, compute_dtype, learning_rate=None, clip_norm=None) -> keras.optimizers.Optimizer:
    """Adam with a warm-up and a cosine decay to a hundredth; with a scaled loss where gradients are float16.

    Args:
        config: `TrainingConfig`.
        compute_dtype: string, of the network that is trained.
        learning_rate: float, the highest; the config's `learning_rate` by default.
        clip_norm: float, longer gradients are shortened to this length on each device; None for any length.
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
    """Gradients whose sum over the replicas is no longer than `clip_norm`: two replicas learn as one does.

    Args:
        gradients: list of tensors, of one replica, of a loss that the optimizer has scaled.
        clip_norm: positive float.
        optimizer: the one that will apply them, which sums them over the replicas.

    Returns:
        List of tensors.
    """
    context = tf.distribute.get_replica_context()
    gradients = [tf.convert_to_tensor(gradient) for gradient in gradients]  # embeddings' are sparse
    whole = context.all_reduce(tf.distribute.ReduceOp.SUM, gradients)
    whole, _ = tf.clip_by_global_norm(whole, clip_norm * optimizer.scale_loss(1.0))
    return [gradient / context.num_replicas_in_sync for gradient in whole]
