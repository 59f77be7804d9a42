"""How long functions take, beside each other."""

import statistics
import time


def median_seconds(functions, rounds):
    """Calls functions in turns, so that what else the machine does meets all of them alike.

    Args:
        functions: sequence of functions without arguments, that return when their work is done. Two calls of each are
            not counted: they trace graphs.
        rounds: integer, calls of each that are counted.

    Returns:
        List of floats, the median of each.
    """
    seconds = [[] for _ in functions]
    for function in functions:
        function()
        function()
    for _ in range(rounds):
        for function, times in zip(functions, seconds, strict=True):
            start = time.perf_counter()
            function()
            times.append(time.perf_counter() - start)
    return [statistics.median(times) for times in seconds]
