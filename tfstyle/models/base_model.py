"""What all models of tfstyle have in common."""

import inspect
from typing import Any

import keras

from tfstyle.models.presets import FromPreset

BUILD_SIZE = 256  # pixels, where a backend cannot build for any size; enough for all downsampling


class BaseModel(FromPreset, keras.Model):
    """A `keras.Model` that can be had by its name, and that takes its inputs separately or packed.

        model(images, style_weights)                                     as Python does
        model([images, style_weights])                                   as Keras does, in `predict` and `fit`
        model({"images": images, "style_weights": style_weights})        by the names of the call arguments

    Subclasses create their weights at the end of `__init__` by `self.create_weights(...)`.
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
        """Calls the model on symbolic inputs, which creates all weights, and forgets the call.

        If the model remembered it, a functional model of which it becomes a part could be saved but not loaded: Keras
        numbers the calls of a layer, and the first of a new model would be this one.

        Args:
            *inputs: `keras.Input`s, or None for an argument that is left out.
        """
        self(*(spec_of(item) for item in inputs))
        self._inbound_nodes.clear()

    def compute_output_spec(self, *args, **kwargs) -> Any:
        return keras.Operation.compute_output_spec(self, *args, **kwargs)  # by `call`, which knows the dtypes

    def compute_output_shape(self, *shapes, **named_shapes) -> Any:
        """Shapes of what `call` returns, for inputs of these shapes: what `summary` shows of a model within another."""
        shapes = (*shapes, *named_shapes.values())
        names = [*inspect.signature(self.call).parameters, *[""] * len(shapes)]  # the last may stand for several
        inputs = [
            keras.KerasTensor(shape, "int32" if name == "labels" else "float32")
            for name, shape in zip(names, shapes, strict=False)
        ]
        return keras.tree.map_structure(lambda tensor: tensor.shape, self.compute_output_spec(*inputs))


def spec_of(symbolic_input) -> Any:
    """The input itself, or on another backend than TensorFlow one of a fixed size.

    Others cannot trace sizes that follow from unknown ones, such as that of a mirrored border. The weights do not
    depend on the size, and a call on arrays works at any.
    """
    if symbolic_input is None or keras.backend.backend() == "tensorflow":
        return symbolic_input
    batch_shape = [BUILD_SIZE if size is None else size for size in symbolic_input.shape]
    return keras.Input(batch_shape=(1, *batch_shape[1:]), dtype=symbolic_input.dtype)


def takes_several_inputs(model_class) -> bool:
    """Whether a model's call takes more tensors than one."""
    parameters = list(inspect.signature(model_class.call).parameters.values())[1:]
    inputs = [parameter for parameter in parameters if parameter.name not in ("training", "mask")]
    return len(inputs) > 1 or any(parameter.kind == parameter.VAR_POSITIONAL for parameter in inputs)
