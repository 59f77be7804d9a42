"""Tiny clips, made for the tests."""

from fractions import Fraction

import numpy as np


def moving_square(num_frames=8, height=48, width=64, side=12, step=2):
    """uint8 frames `(num_frames, height, width, 3)`: a textured square moves to the right over a textured ground."""
    random = np.random.default_rng(0)
    coarse = random.uniform(60, 160, (height // 4 + 1, width // 4 + 1, 3))
    ground = np.kron(coarse, np.ones((4, 4, 1)))[:height, :width]
    square = np.kron(random.uniform(150, 255, (side // 4, side // 4, 3)), np.ones((4, 4, 1)))
    frames = np.repeat(ground[None], num_frames, axis=0)
    for number in range(num_frames):
        left = 4 + step * number
        frames[number, 16 : 16 + side, left : left + side] = square
    return frames.astype(np.uint8)


def write_clip(
    path,
    frames,
    rate=25,
    codec="libx264",
    pix_fmt="yuv420p",
    times=None,
    sound=None,
    rotation=0,
    color_range=0,
    colorspace=2,
    options=None,
    container_options=None,
):
    """Writes frames with PyAV alone, so that the tests do not read only what this package wrote."""
    import av

    with av.open(str(path), "w", options=container_options or {}) as container:
        stream = container.add_stream(codec, rate=rate, options=options or {"crf": "8"})
        height, width = frames[0].shape[:2]
        stream.height, stream.width, stream.pix_fmt = height, width, pix_fmt
        if times:
            stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        context = stream.codec_context
        context.color_range, context.colorspace = color_range, colorspace
        if rotation:
            stream.set_display_rotation(rotation)
        audio = container.add_stream(sound, rate=48000) if sound else None
        if audio:
            audio.layout = "mono"
        packets = []
        for number, image in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), "rgb24")
            matrix = "ITU709" if colorspace == 1 else None
            frame = frame.reformat(format=pix_fmt, dst_colorspace=matrix, dst_color_range=color_range or None)
            frame.pts = times[number] if times else number
            if times:
                frame.time_base = Fraction(1, 1000)
            packets += stream.encode(frame)
        packets += stream.encode()
        if audio:
            count = 48000 * len(frames) // rate
            wave = np.sin(np.arange(count) * 2 * np.pi * 440 / 48000).astype(np.float32)
            for start in range(0, count, 960):
                samples = wave[None, start : start + 960]
                kind = audio.codec_context.format.name
                if kind.startswith("s16"):
                    samples = (samples * 20000).astype(np.int16)
                sound_frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), kind, "mono")
                sound_frame.sample_rate, sound_frame.pts = 48000, start
                packets += audio.encode(sound_frame)
            packets += audio.encode()
        for packet in packets:
            container.mux(packet)
    return path


def read_clip(path):
    """The frames as an array, their times in seconds, and the codecs of the sound."""
    import av

    with av.open(str(path)) as container:
        video = container.streams.video[0]
        frames = [
            (frame.to_ndarray(format="rgb24"), float(frame.pts * frame.time_base)) for frame in container.decode(video)
        ]
        codecs = [stream.codec_context.codec.canonical_name for stream in container.streams.audio]
    images, times = zip(*frames, strict=True)
    return np.stack(images), list(times), codecs


def copy_clip(path, output, paint=lambda image: image, start=0.0, end=None, **options):
    """Reads a clip and writes it again."""
    from tfstyle.video import Clip, ClipWriter

    with Clip(path, start, end) as clip:
        options = {"sound": path, "sound_origin": clip.origin, **options}
        with ClipWriter(output, clip.format, **options) as writer:
            for frame in clip:
                writer.write(paint(frame.image), frame.time, frame.duration)
    return clip, writer
