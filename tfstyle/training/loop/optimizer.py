"""The optimizer of all style networks."""

import keras


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
    return keras.optimizers.LossScaleOptimizer(optimizer) if compute_dtype == "float16" else optimizer
