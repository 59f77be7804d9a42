"""Base class of the models of tfstyle."""

import inspect
from typing import Any

import keras

from tfstyle.models.presets import FromPreset

BUILD_SIZE = 256  # pixels, for backends that cannot build a model for any size; enough for all downsampling


class BaseModel(FromPreset, keras.Model):
    """A `keras.Model` with presets, which accepts its inputs separately or packed.

        model(images, style_weights)                                     separately
        model([images, style_weights])                                   as in `predict` and `fit` of Keras
        model({"images": images, "style_weights": style_weights})        by the names of the call arguments

    Subclasses create their weights at the end of `__init__` with `self.create_weights(...)`.
    """

    def __call__(self, *args, **kwargs):
        if len(args) == 1 and isinstance(args[0], list | tuple | dict) and takes_several_inputs(type(self)):
            (packed,) = args
            if isinstance(packed, dict):
                args, kwargs = (), {**packed, **kwargs}
            else:
                args = packed
        return super().__call__(*args, **kwargs)

    def create_weights(self, *inputs) -> None:
        """Calls the model on symbolic inputs, which creates all weights, and removes the record of the call.

        With the record, a functional model that contains this model could be saved but not loaded: Keras numbers the
        calls of a layer, and this call would be the first one of a new model.

        Args:
            *inputs: `keras.Input`s, or None for an omitted argument.
        """
        self(*(spec_of(item) for item in inputs))
        self._inbound_nodes.clear()

    def compute_output_spec(self, *args, **kwargs) -> Any:
        return keras.Operation.compute_output_spec(self, *args, **kwargs)  # by `call`, which knows the dtypes

    def compute_output_shape(self, *shapes, **named_shapes) -> Any:
        """Output shapes of `call` for these input shapes, which `summary` shows for a model within another one."""
        shapes = (*shapes, *named_shapes.values())
        names = [*inspect.signature(self.call).parameters, *[""] * len(shapes)]  # the last may stand for several
        inputs = [
            keras.KerasTensor(shape, "int32" if name in ("labels", "tokens") else "float32")
            for name, shape in zip(names, shapes, strict=False)
        ]
        return keras.tree.map_structure(lambda tensor: tensor.shape, self.compute_output_spec(*inputs))


def spec_of(symbolic_input) -> Any:
    """The input itself, or an input of a fixed size with other backends than TensorFlow.

    They cannot trace sizes that are computed from unknown ones, such as that of a mirrored border. The weights do not
    depend on the size, and calls on arrays work with any size.
    """
    if symbolic_input is None or keras.backend.backend() == "tensorflow":
        return symbolic_input
    batch_shape = [BUILD_SIZE if size is None else size for size in symbolic_input.shape]
    return keras.Input(batch_shape=(1, *batch_shape[1:]), dtype=symbolic_input.dtype)


def takes_several_inputs(model_class) -> bool:
    """Whether the call of a model takes several tensors."""
    parameters = list(inspect.signature(model_class.call).parameters.values())[1:]
    inputs = [parameter for parameter in parameters if parameter.name not in ("training", "mask")]
    return len(inputs) > 1 or any(parameter.kind == parameter.VAR_POSITIONAL for parameter in inputs)
