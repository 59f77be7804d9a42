import numpy as np
import pytest

from tfstyle.training.loop.linear_decay import LinearDecay


def test_constant_then_along_a_line_to_zero():
    schedule = LinearDecay(2.0, 10, 20)
    rates = [float(schedule(step)) for step in (0, 10, 11, 15, 19, 20, 30)]
    np.testing.assert_allclose(rates, [2, 2, 1.8, 1, 0.2, 0, 0], atol=1e-6)
    assert LinearDecay(**schedule.get_config()).get_config() == schedule.get_config()


def test_never_falling():
    assert float(LinearDecay(2.0, 20, 20)(19)) == 2


def test_the_last_step_comes_last():
    with pytest.raises(ValueError, match="Received: first_step=20, last_step=10"):
        LinearDecay(2.0, 20, 10)
