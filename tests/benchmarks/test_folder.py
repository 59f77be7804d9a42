"""A folder of photographs: one after another against several at once, in one process, in turns.

    TFSTYLE_PHOTOS=40 pytest -s tests/benchmarks/test_folder.py

Photographs of a phone are painted at `--size 512` and `--size 1024`, small ones at their own size. "Decoded whole" is
one after another without the reduced decoding of JPEGs. Seconds of the processor count where other programs run: what
overlaps there takes their time, too.
"""

import functools
import io
import os
import time

import numpy as np
import pytest
from PIL import Image

import tfstyle
from tfstyle.images import load_image, resize_longest_side, save_image
from tfstyle.transfer import jobs as jobs_module
from tfstyle.transfer.jobs import plan_jobs, stylize_file, stylize_files
from tfstyle.transfer.stylize import stylize

NUM_PHOTOS = int(os.environ.get("TFSTYLE_PHOTOS", 200))
TURNS = 4


def draw(height, width, seed):
    """Soft shapes with the grain of a camera, so that its JPEG has the size of a photograph's."""
    random = np.random.default_rng(seed)
    shapes = Image.fromarray(random.integers(0, 256, (24, 32, 3), dtype=np.uint8)).resize((width, height))
    grain = random.integers(-6, 7, (height, width, 3), dtype=np.int16)
    return np.clip(np.asarray(shapes) + grain, 0, 255).astype(np.uint8)


def processor_milliseconds(function, rounds=3):
    times = []
    for _ in range(rounds):
        start = time.process_time()
        function()
        times.append(1e3 * (time.process_time() - start))
    return sorted(times)[rounds // 2]


@pytest.fixture(scope="module")
def paint():
    bank = tfstyle.load("style_bank")
    return functools.partial(stylize, model=bank, styles="hokusai_great_wave")


@pytest.mark.parametrize(
    ("height", "width", "size"),
    [(3000, 4000, 512), (3000, 4000, 1024), (400, 600, None)],
    ids=["phone-512", "phone-1024", "small"],
)
def test_a_folder(tmp_path, monkeypatch, paint, height, width, size):
    files = []
    for seed in range(4):
        buffer = io.BytesIO()
        Image.fromarray(draw(height, width, seed)).save(buffer, "JPEG", quality=90)
        files.append(buffer.getvalue())
    (tmp_path / "photos").mkdir()
    for number in range(NUM_PHOTOS):
        (tmp_path / "photos" / f"{number:03}.jpg").write_bytes(files[number % len(files)])
    jobs, _ = plan_jobs([tmp_path / "photos"], tmp_path / "painted")
    arguments = {"size": size, "overwrite": True}

    def one_after_another(own):
        for job in own:
            stylize_file(job, paint, "test", **arguments)

    def decoded_whole(own):
        with monkeypatch.context() as patch:
            patch.setattr(jobs_module, "load_image", lambda path, keep_alpha, longest_side: load_image(path))
            one_after_another(own)

    def at_once(own):
        assert all(reason is None for _, reason in stylize_files(own, paint, "test", **arguments))

    ways = [decoded_whole, one_after_another, at_once] if size else [one_after_another, at_once]
    sums = {way: np.zeros(2) for way in ways}
    one_after_another(jobs[:1])  # traces the graph
    for part in np.array_split(np.arange(NUM_PHOTOS), TURNS):
        for way in ways:
            start = np.array([time.perf_counter(), time.process_time()])
            way([jobs[index] for index in part])
            sums[way] += [time.perf_counter(), time.process_time()] - start

    def read():
        photo = load_image(jobs[0].photo, longest_side=size)
        return resize_longest_side(photo, size) if size else photo

    photo = read()
    painting = paint(photo)
    print(f"\n{NUM_PHOTOS} photographs of {width}x{height}, painted at {photo.shape[1]}x{photo.shape[0]}")
    for way, (clock, processor) in sums.items():
        faster = sums[ways[0]][0] / clock
        print(
            f"{way.__name__:18} {1e3 * clock / NUM_PHOTOS:6.0f} ms of the clock, "
            f"{1e3 * processor / NUM_PHOTOS:6.0f} ms of the processor, {faster:.2f} times the throughput"
        )
    parts = {
        "read": processor_milliseconds(read),
        "paint": processor_milliseconds(lambda: paint(photo)),
        "write": processor_milliseconds(lambda: save_image(tmp_path / "a.jpg", painting, overwrite=True)),
    }
    if size:
        whole = processor_milliseconds(lambda: resize_longest_side(load_image(jobs[0].photo), size))
        print(f"read, decoded whole: {whole:.0f} ms of the processor")
    print("".join(f"{name}: {milliseconds:.0f} ms of the processor  " for name, milliseconds in parts.items()))
    # Two idle cores: reading and writing use one, painting at best both; at once, all use both.
    alone = parts["read"] + parts["write"] + parts["paint"] / 2
    print(f"at once on two idle cores, if the network scales perfectly: {2 * alone / sum(parts.values()):.2f} times")
