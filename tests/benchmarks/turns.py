"""How long functions take, and how much memory, beside each other."""

import statistics
import subprocess
import sys
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


def peak_megabytes(benchmark, call):
    """Peak memory of a process that takes three steps of a benchmark.

    Args:
        benchmark: path of the benchmark's file.
        call: expression that follows its namespace and gives the step; `folder` is an empty folder.
    """
    code = (
        "import pathlib, resource, runpy, tempfile\n"
        f"benchmark = runpy.run_path({benchmark!r})\n"
        "with tempfile.TemporaryDirectory() as folder:\n"
        f"    step = benchmark{call}\n"
        "    for _ in range(3):\n"
        "        step()\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)\n"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(process.stdout.split()[-1])
