"""What `summary` shows: the shape of each layer's output."""

import keras
import pytest
import tensorflow as tf

from tests.conformance.test_conformance import CASES, inputs_of, make
from tfstyle.models.base_model import BaseModel
from tfstyle.models.style.adain import AdaINStyler

each_model = pytest.mark.parametrize(
    "case", [case for case in CASES if issubclass(case.kind, keras.Model)], ids=lambda case: case.kind.__name__
)


@each_model
def test_all_shapes_are_known(case):
    lines = []
    make(case).summary(print_fn=lambda text, line_break=False: lines.append(text), line_length=240)
    text = "\n".join(lines)
    assert "│" in text
    assert "?" not in text


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if issubclass(case.kind, BaseModel) or not issubclass(case.kind, keras.Model)],
    ids=lambda case: case.kind.__name__,
)
def test_computed_shapes_are_the_real_ones(case):
    layer = make(case)
    try:
        shapes = layer.compute_output_shape(*case.shapes)
    except NotImplementedError:
        return  # shown where it stands within a model: test_all_shapes_are_known
    if isinstance(shapes, dict):
        shapes = [shapes[name] for name in sorted(shapes)]
    elif isinstance(shapes[0], int):
        shapes = [shapes]
    assert [tuple(shape) for shape in shapes] == [tuple(output.shape) for output in outputs_of(case)]


def outputs_of(case):
    return tf.nest.flatten(make(case)(*inputs_of(case)))


def test_a_model_within_a_model_keeps_its_dtype():
    """Shapes are computed by the call, which ends in float32 whatever the precision."""
    styler = AdaINStyler(encoder_weights=None, decoder_filters=(6,), dtype="mixed_bfloat16")
    decoded = styler.decoder(keras.Input((None, None, 128)))
    assert decoded.dtype == "float32"
    assert decoded.shape == (None, None, None, 3)
