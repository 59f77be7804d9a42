"""The type of tensors in annotations."""

from typing import Any, TypeAlias

# Of whichever backend Keras runs on, or symbolic; they have no class in common.
Tensor: TypeAlias = Any
Shape: TypeAlias = tuple[int | None, ...]
