"""Devices: precision, memory growth, and the distribution of batches."""

from typing import Any

import tensorflow as tf


def enable_memory_growth() -> None:
    """Makes TensorFlow allocate GPU memory on demand instead of all at once."""
    for gpu in tf.config.list_physical_devices("GPU"):
        try:
            tf.config.experimental.set_memory_growth(gpu, True)
        except RuntimeError:  # the GPU is in use already, which is harmless
            return


def fastest_precision() -> str:
    """The dtype policy with the fastest training on this machine.

    Returns:
        "mixed_bfloat16" if the hardware multiplies bfloat16, otherwise "float32".
    """
    for gpu in tf.config.list_physical_devices("GPU"):
        capability = tf.config.experimental.get_device_details(gpu).get("compute_capability", (0, 0))
        return "mixed_bfloat16" if capability >= (8, 0) else "float32"
    try:
        with open("/proc/cpuinfo") as file:
            return "mixed_bfloat16" if "avx512_bf16" in file.read() else "float32"
    except OSError:
        return "float32"


def sample_batches(strategy, load_sample, signature, batch_size, first_step, num_steps) -> Any:
    """The batches of a training, distributed over the replicas of a strategy.

    Samples are numbered from the start of the training: step `t` has the numbers `t * batch_size` to
    `(t + 1) * batch_size - 1`, in order, for any number of workers. A sample depends only on its number, so a resumed
    training, or one on more machines, sees the same samples.

    Args:
        strategy: `tf.distribute.Strategy`.
        load_sample: function from the number of a sample to a tuple of arrays.
        signature: tuple of `tf.TensorSpec`, specification of one sample.
        batch_size: integer, over all replicas.
        first_step: integer, number of completed steps.
        num_steps: integer, the step at which the training ends.

    Returns:
        Distributed dataset of tuples of tensors, each with a leading axis of `batch_size / num_replicas`.

    Raises:
        ValueError: if `batch_size` is not a multiple of the number of replicas.
    """
    num_replicas = strategy.num_replicas_in_sync
    if batch_size % num_replicas:
        raise ValueError(
            f"`batch_size` must be a multiple of the number of replicas. "
            f"Received: batch_size={batch_size}, with {num_replicas} replicas."
        )

    def load(number):
        arrays = tf.numpy_function(load_sample, [number], [spec.dtype for spec in signature], stateful=False)
        return tuple(tf.ensure_shape(array, spec.shape) for array, spec in zip(arrays, signature, strict=True))

    def pipeline(context):
        share = batch_size // context.num_input_pipelines
        offsets = context.input_pipeline_id * share + tf.range(share, dtype=tf.int64)
        numbers = tf.data.Dataset.range(first_step, num_steps).map(lambda step: step * batch_size + offsets).unbatch()
        samples = numbers.map(load, num_parallel_calls=2, deterministic=True)
        return samples.batch(batch_size // num_replicas, drop_remainder=True).prefetch(4)

    return strategy.distribute_datasets_from_function(pipeline)
