"""Gradients of each layer of a network in training."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfstyle.interpret.drawing import ACCENT, SECOND, new_figure, plain

VANISHED = 1e-3  # of the median over the layers


@dataclass(frozen=True)
class GradientNorms:
    """Gradients of the layers of a network.

    Attributes:
        layers: names, from the input to the output.
        norms: float64 array `(num_layers,)`: length of the gradient of all weights of a layer, divided by the square
            root of their number.
        weights: float64 array `(num_layers,)`: likewise of the weights themselves.
    """

    layers: tuple[str, ...]
    norms: np.ndarray
    weights: np.ndarray

    @property
    def dead(self) -> tuple[str, ...]:
        """Layers that receive less than a thousandth of the median gradient."""
        usual = np.median(self.norms)
        return tuple(name for name, norm in zip(self.layers, self.norms, strict=True) if norm <= VANISHED * usual)

    def describe(self, name: str) -> str:
        """The result in sentences about a network of some name, such as "generator"."""
        if not self.norms.any():
            return f"No layer of the {name} receives a gradient: it does not learn."
        most, least = self.norms.argmax(), self.norms.argmin()
        text = (
            f"In the {name}, {self.layers[most]} receives the largest gradient for each weight "
            f"({self.norms[most]:.2g}) and {self.layers[least]} the smallest ({self.norms[least]:.2g})."
        )
        if self.dead:
            return f"{text} Next to nothing arrives at {', '.join(self.dead)}."
        return f"{text} Every layer learns: none receives less than a thousandth of the median."


def gradient_norms(network: Any, loss: Callable[[], Any]) -> GradientNorms:
    """Computes the gradient of a loss for each layer of a network.

    Args:
        network: built `keras.Model`.
        loss: function without arguments that calls the network and returns a scalar tensor.

    Returns:
        `GradientNorms`. Layers without trainable weights are left out.
    """
    import tensorflow as tf

    variables = list(network.trainable_variables)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch([variable.value for variable in variables])
        value = loss()
    gradients = tape.gradient(
        value, [variable.value for variable in variables], unconnected_gradients=tf.UnconnectedGradients.ZERO
    )
    parts: dict[str, list[tuple[Any, Any]]] = {}
    for variable, gradient in zip(variables, gradients, strict=True):
        layer = variable.path.rpartition("/")[0].removeprefix(f"{network.name}/")
        parts.setdefault(layer, []).append(
            (np.asarray(tf.convert_to_tensor(gradient), np.float64), np.asarray(variable, np.float64))
        )
    norms, weights = (
        [np.sqrt(np.mean(np.concatenate([np.ravel(pair[kind]) for pair in pairs]) ** 2)) for pairs in parts.values()]
        for kind in (0, 1)
    )
    return GradientNorms(tuple(parts), np.array(norms), np.array(weights))


def plot_gradient_norms(norms: Mapping[str, GradientNorms]) -> Any:
    """Draws the size of the gradient that each layer of each network receives.

    Shows: on a logarithmic scale, the root mean square gradient of a weight for each layer, from the input to the
    output. A bar that is orders of magnitude shorter than its neighbors belongs to a layer that hardly learns.

    Does not show: how far the weights move: Adam divides by the usual size of the gradient. It is one batch of the
    newest checkpoint, not the whole training.

    Args:
        norms: mapping of the name of a network -> `GradientNorms`.

    Returns:
        `matplotlib.figure.Figure`.
    """
    most = max(len(each.layers) for each in norms.values())
    figure = new_figure(4.6 * len(norms), 0.9 + 0.26 * most)
    for axes, (name, each), color in zip(
        figure.subplots(1, len(norms), squeeze=False)[0], norms.items(), (SECOND, ACCENT) * len(norms), strict=False
    ):
        axes.barh(range(len(each.layers)), np.maximum(each.norms, 1e-12), color=color, height=0.6)
        axes.set_yticks(range(len(each.layers)), each.layers)
        axes.invert_yaxis()
        axes.set_xscale("log")
        largest = max(each.norms.max(), 1e-11)
        axes.set_xlim(max(1e-12, min(each.norms[each.norms > 0].min(initial=largest), largest / 100) / 3), 3 * largest)
        plain(axes, name, "gradient of a weight (root mean square)")
    return figure
