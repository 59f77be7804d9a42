"""Adam that updates a variable in one pass over memory."""

from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="tfstyle")
class FusedAdam(keras.optimizers.Adam):
    """`keras.optimizers.Adam`, with the same formula, state and arguments, but fewer passes over memory.

    Keras composes the update of about ten operations, each of which reads and writes a tensor as large as the variable;
    TensorFlow's kernel reads and writes variable and moments once. It matters for networks of many weights and few
    positions, such as a U-Net with a batch of one image. With several replicas, and with `amsgrad`, the update is that
    of Keras.
    """

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        if tf.distribute.has_strategy() or self.amsgrad or not isinstance(gradient, tf.Tensor):
            super().update_step(gradient, variable, learning_rate)
            return
        index = self._get_variable_index(variable)
        moments = self._momentums[index], self._velocities[index]
        dtype = variable.dtype
        step = tf.cast(self.iterations + 1, dtype)
        target, momentum, velocity = (getattr(item, "value", item) for item in (variable, *moments))
        if callable(target):  # a `tf.Variable`, whose `value` is a method
            target = variable
        tf.raw_ops.ResourceApplyAdam(
            var=target.handle,
            m=momentum.handle,
            v=velocity.handle,
            beta1_power=tf.cast(self.beta_1, dtype) ** step,
            beta2_power=tf.cast(self.beta_2, dtype) ** step,
            lr=tf.cast(learning_rate, dtype),
            beta1=tf.cast(self.beta_1, dtype),
            beta2=tf.cast(self.beta_2, dtype),
            epsilon=tf.cast(self.epsilon, dtype),
            grad=tf.cast(gradient, dtype),
        )
