"""Training of perceptual networks by distillation."""

import io
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfstyle.atomic import write_atomically
from tfstyle.data.image_folder import color_jitter, random_crop
from tfstyle.data.shuffle import shuffled_index
from tfstyle.images import to_float, to_uint8
from tfstyle.losses.distillation import (
    gram_distillation_loss,
    moment_distillation_loss,
    peakedness_loss,
    standardized_squared_error,
)
from tfstyle.training.loop.fingerprint import fingerprint_of_data, fingerprint_of_network
from tfstyle.training.loop.moving_average import MovingAverage
from tfstyle.training.loop.optimizer import make_optimizer
from tfstyle.training.loop.trainer import Trainer, as_grid_row

# Layer of a SqueezeNet -> layer of the student whose channels learn its channels. Both have the same stride and a
# similar receptive field.
TAPS = {
    "vgg19": {
        "conv1": "block2_conv1",
        "fire2": "block3_conv1",
        "fire3": "block3_conv2",
        "fire4": "block3_conv4",
        "fire5": "block4_conv1",
        "fire6": "block4_conv2",
        "fire7": "block4_conv3",
        "fire8": "block4_conv4",
        "fire9": "block5_conv1",
    },
    "light": {
        "conv1": "stage2_conv2",
        "fire2": "stage3_conv1",
        "fire3": "stage3_conv2",
        "fire4": "stage3_conv3",
        "fire5": "stage4_conv1",
        "fire6": "stage4_conv2",
        "fire7": "stage4_conv3",
    },
}
NORMALIZATION = "normalization.npz"
# Streams of random numbers.
TRAINING, STATISTICS = 0, 1
NUM_EXAMPLES = 4


class PerceptualTrainer(Trainer):
    """Distills a teacher network into a student network, channel by channel.

        loss = squared error of the maps + Gram matrices + moments    each relative, and the mean over the layers

    The first channels of a student layer learn the channels of a teacher layer, in units of their standard deviations.
    Predicting the teacher's maps by a 1x1 convolution of the student's is not enough: a style loss compares products of
    channels, and measures something else in another basis. A student trained in that way predicted the maps equally
    well, but closed a fifth less of the teacher's style gap.

    The remaining channels of a layer are free, except for a penalty on peaked ones.

    The teacher sees a margin around each crop, the student does not. A network with zero padding sees a frame around
    each image, in channels with larger values than all others. With the margin, the student learns features without
    the frame.

    Args:
        student: `PerceptualExtractor` with `trainable=True` that returns all layers of `taps`.
        teacher: frozen perceptual network that returns at least the teacher's layers of `taps`.
        taps: mapping of teacher's layer -> student's layer, of the same stride; for example one of `TAPS`.
        photographs: `ImageFolder` of photographs, and also of paintings and textures.
        config: `PerceptualConfig`.
        run_directory: started `RunDirectory`.
        strategy: `tf.distribute.Strategy` in whose scope the networks were created, or None.

    Raises:
        ValueError: if the student is frozen, or a tap connects layers of different stride.

    Reference:
        Romero et al.: FitNets: Hints for Thin Deep Nets, 2015. Differs from the paper: many hints at once, and their
        statistics; no labels; no regressor from student to teacher.
    """

    def __init__(self, student, teacher, taps, photographs, config, run_directory, strategy=None):
        super().__init__(config, run_directory, strategy)
        if not student.trainable_variables:
            raise ValueError("The student is frozen. Create it with trainable=True.")
        self.student, self.teacher, self.taps = student, teacher, dict(taps)
        self.photographs = photographs
        size = config.crop_size + 2 * config.margin
        self.sample_signature = (tf.TensorSpec((size, size, 3), tf.float32),)
        self._shapes = self._check_shapes(size)
        is_new = run_directory.latest_checkpoint() is None  # the checkpoint contains the weights and the statistics
        num_crops = config.statistics_crops if is_new else min(NUM_EXAMPLES, config.statistics_crops)
        all_crops = np.stack([self._crop(number, STATISTICS) for number in range(num_crops)])
        with self.strategy.scope():
            self.deviations = self._measure_teacher(all_crops if is_new else all_crops[:0])
            if config.initialize and is_new:
                crops = all_crops[:64]
                targets = {
                    self.taps[name]: np.asarray(tf.cast(maps, tf.float32) / self.deviations[name])
                    for name, maps in self.teach(to_float(crops)).items()
                }
                initialize(student, to_float(self.center(crops)), config.seed, targets)
            self.optimizer = make_optimizer(self.config, student.compute_dtype, clip_norm=config.clip_norm)
            self.optimizer.build(student.trainable_variables)
            self.average = MovingAverage(student, config.ema_momentum)
        self.statistics = {
            "grams": (gram_distillation_loss, config.gram_weight),
            "moments": (moment_distillation_loss, config.moment_weight),
        }
        run_directory.write_model({"family": student.family, "config": student.get_config()})
        run_directory.write_fingerprints(
            {"teacher": fingerprint_of_network(teacher), "images": fingerprint_of_data(photographs)}
        )
        if is_new:
            save_arrays(run_directory.path / NORMALIZATION, images=self.center(all_crops), **self.channel_scales())
        self.examples = all_crops[:NUM_EXAMPLES]

    def _check_shapes(self, size):
        """Layer of the teacher -> size of its maps without the margin, and number of channels to learn."""
        blank = np.zeros((1, size, size, 3), np.float32)
        wanted, given = self.teacher(blank), self.student(self.center(blank))
        shapes = {}
        for name, tap in self.taps.items():
            stride, student_stride = (
                image // maps
                for image, maps in ((size, wanted[name].shape[1]), (self.config.crop_size, given[tap].shape[1]))
            )
            if stride != student_stride:
                raise ValueError(
                    "A tap must connect layers of the same stride. "
                    f"Received: {name} with {stride} and {tap} with {student_stride}."
                )
            shapes[name] = given[tap].shape[1], min(wanted[name].shape[-1], given[tap].shape[-1])
        return shapes

    def center(self, images) -> Any:
        """The crops without their margin."""
        start, end = self.config.margin, self.config.margin + self.config.crop_size
        return images[:, start:end, start:end]

    def teach(self, images) -> dict[str, tf.Tensor]:
        """Teacher's layer -> its maps of the crops with their margin, cropped to the part that the student sees."""
        targets = {}
        for name, maps in self.teacher(images).items():
            if name in self.taps:
                side, channels = self._shapes[name]
                start = (maps.shape[1] - side) // 2
                targets[name] = maps[:, start : start + side, start : start + side, :channels]
        return targets

    def _measure_teacher(self, crops):
        """Variables of teacher's layer -> standard deviation of each channel over the crops."""
        sums = {name: np.zeros((2, channels)) for name, (_, channels) in self._shapes.items()}
        for start in range(0, len(crops), 8):
            features = self.teach(to_float(crops[start : start + 8]))
            for name, total in sums.items():
                maps = np.asarray(tf.cast(features[name], tf.float32), np.float64)
                total += np.sum(np.mean([maps, maps**2], axis=(2, 3)), axis=1)
        deviations = {}
        for name, total in sums.items():
            mean, square = total / max(len(crops), 1)
            deviation = np.sqrt(np.maximum(square - mean**2, 0.0))
            # A channel that is nearly always zero would have a large error for a single activation.
            deviation = np.maximum(deviation, 0.05 * deviation.mean() or 1.0)
            deviations[name] = tf.Variable(deviation, dtype=tf.float32, trainable=False)
        return deviations

    def channel_scales(self) -> dict[str, np.ndarray]:
        """Layer of the student -> float array `(channels,)`: factors of its channels, to apply after training.

        Learned channels get the scale of the teacher's, whose Gram matrices are dominated by a few channels with large
        values. The free channels get a typical scale of their layer.
        """
        deviations = {self.taps[name]: np.asarray(deviation) for name, deviation in self.deviations.items()}
        scales = {}
        for name in self.student.needed_layer_names:
            learned = deviations.get(name, np.ones(1))
            scales[name] = np.full(self.student.returned_layers[name].filters, np.median(learned))
            scales[name][: len(learned)] = learned
        return scales

    def _crop(self, number, stream):
        """uint8 crop of an image at a random scale, with a margin."""
        config = self.config
        random = np.random.default_rng((config.seed, stream, number))
        image, _ = self.photographs.load(shuffled_index(number, len(self.photographs), config.seed + stream))
        crop = random_crop(image, config.crop_size + 2 * config.margin, random, config.min_scale, config.max_scale)
        return crop if stream == STATISTICS else color_jitter(crop, random, config.color_jitter)

    def load_sample(self, number) -> tuple[np.ndarray]:
        """Adds noise to half of the crops, since images under optimization are less smooth than photographs."""
        crop = to_float(self._crop(number, TRAINING))
        random = np.random.default_rng((self.config.seed, TRAINING, number, 1))
        if random.random() < 0.5:
            noise = random.standard_normal(crop.shape, np.float32) * np.float32(random.uniform(0, self.config.noise))
            crop = np.clip(crop + noise, 0.0, 1.0)
        return (crop,)

    def see(self, images) -> dict[str, tf.Tensor]:
        """Layer of the student -> its pre-activations for the crops without margin."""
        return self.student.select(self.student.pre_activations(self.center(images)))

    def predict(self, sums) -> dict[str, tf.Tensor]:
        """Teacher's layer -> the corresponding pre-activations of the student, in units of standard deviations."""
        return {name: sums[tap][..., : self._shapes[name][1]] for name, tap in self.taps.items()}

    def in_units_of_teacher(self, predictions) -> dict[str, tf.Tensor]:
        """Teacher's layer -> the student's prediction of its maps."""
        return {
            name: tf.nn.relu(tf.cast(sums, tf.float32)) * self.deviations[name] for name, sums in predictions.items()
        }

    def free_channels(self, sums) -> list[tf.Tensor]:
        """The student's free channels, which do not learn from the teacher, of the layers that have any."""
        learned = {tap: self._shapes[name][1] for name, tap in self.taps.items()}
        free = [tf.nn.relu(maps[..., learned.get(name, 0) :]) for name, maps in sums.items()]
        return [maps for maps in free if maps.shape[-1]]

    def train_step(self, step, images) -> dict[str, tf.Tensor]:
        config, student = self.config, self.student
        targets = self.teach(images)
        variables = [variable.value for variable in student.trainable_variables]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(variables)
            sums = self.see(images)
            predictions = self.predict(sums)
            errors = {
                name: standardized_squared_error(predictions[name], targets[name], self.deviations[name])
                for name in self.taps
            }
            losses = {"maps": sum(errors.values()) / len(self.taps)}
            maps = self.in_units_of_teacher(predictions)
            for kind, (loss, weight) in self.statistics.items():
                if weight:  # they are slow
                    losses[kind] = sum(loss(maps[name], targets[name]) for name in self.taps) / len(self.taps)
            losses = {name: tf.reduce_sum(values) / config.batch_size for name, values in {**losses, **errors}.items()}
            loss = losses["maps"]
            for kind, (_, weight) in self.statistics.items():
                loss += weight * losses[kind] if weight else 0.0
            free = self.free_channels(sums)
            if free and config.peakedness_weight:
                peakedness = sum(peakedness_loss(maps) for maps in free) / len(free)
                losses["peakedness"] = peakedness / self.strategy.num_replicas_in_sync
                loss += config.peakedness_weight * losses["peakedness"]
            scaled_loss = self.optimizer.scale_loss(loss)
        self.optimizer.apply(tape.gradient(scaled_loss, variables), student.trainable_variables)
        self.average.update(step)
        return {"loss": loss, **losses}

    def sample_image(self) -> np.ndarray:
        """Four crops; below, for each layer, the channel of the teacher that varies most, and that of the student."""
        images = to_float(self.examples)
        rows = [as_grid_row(self.center(images))]
        targets, predictions = self.teach(images), self.predict(self.see(images))
        for name in self.taps:
            channel = int(np.argmax(self.deviations[name]))
            scores = tf.cast(targets[name][..., channel], tf.float32) / self.deviations[name][channel]
            for maps in (scores, predictions[name][..., channel]):
                shown = tf.cast(maps, tf.float32) / 4
                size = (self.config.crop_size, self.config.crop_size)
                shown = tf.image.resize(tf.clip_by_value(shown, 0, 1)[..., None], size, "nearest")
                rows.append(as_grid_row(np.repeat(shown, 3, axis=-1)))
        return to_uint8(np.concatenate(rows, axis=0))

    def checkpoint_items(self) -> dict[str, Any]:
        return {
            "model": self.student,
            "statistics": list(self.deviations.values()),
            "optimizer": self.optimizer,
            "average": self.average.variables,
        }


def train_perceptual(student, teacher, taps, photographs, config, run_directory, strategy=None) -> dict[str, float]:
    """Trains a perceptual network in place. It has the averaged weights (EMA) afterwards.

    The arguments are those of `PerceptualTrainer`.

    Returns:
        Dict of name -> float, the last losses.
    """
    trainer = PerceptualTrainer(student, teacher, taps, photographs, config, run_directory, strategy)
    losses = trainer.fit()
    trainer.average.assign_to_model()
    return losses


def initialize(extractor, images, seed, targets=None) -> None:
    """Initializes a deep network without normalization so that it learns from the first step.

    After He initialization, biases and scales are set layer by layer so that the pre-activations of each channel have
    mean 0 and standard deviation 1 over the images. He initialization alone preserves the scale of the features but not
    their variation: after ten layers all images have nearly the same features. Channels with known targets get kernels
    by ridge regression from the inputs of the layer.

    Args:
        extractor: `PerceptualExtractor` of convolutions with ReLU, with `pre_activations` and `layer_input`; changed
            in place.
        images: float array of shape `(n, height, width, 3)`, RGB in [0, 1].
        seed: integer.
        targets: dict of layer -> float array `(n, height, width, channels)`, targets of its first channels.

    Reference:
        He et al.: Delving Deep into Rectifiers, 2015; Salimans, Kingma: Weight Normalization, 2016, section 3.
    """
    layer_targets = {extractor.returned_layers[name].name: maps for name, maps in (targets or {}).items()}
    for index, layer in enumerate(extractor.weighted_layers):
        kernel = np.array(keras.initializers.HeNormal(seed + index)(layer.kernel.shape))
        layer.set_weights([kernel, np.zeros(layer.filters, np.float32)])
        sums = np.asarray(tf.cast(extractor.pre_activations(images[:16])[layer.name], tf.float32))
        mean, deviation = sums.mean(axis=(0, 1, 2)), np.sqrt(sums.var(axis=(0, 1, 2)) + 1e-6)
        kernel, bias = kernel / deviation, -mean / deviation
        if layer.name in layer_targets:
            learned = layer_targets[layer.name].shape[-1]
            inputs = extractor.layer_input(layer.name, images)
            kernel[..., :learned], bias[:learned] = regress(layer, inputs, layer_targets[layer.name], seed)
        layer.set_weights([kernel, bias])


def regress(layer, inputs, targets, seed, num_samples=16_000, penalty=0.03) -> tuple[np.ndarray, np.ndarray]:
    """Fits the kernel and bias of a convolution to targets by ridge regression.

        kernel = (X^T X + penalty mean(diag(X^T X)) I)^-1 X^T Y    with X and Y centered, one row per position

    Args:
        layer: convolution with padding "same".
        inputs: float tensor of shape `(n, height, width, channels)`.
        targets: float array of shape `(n, height / strides, width / strides, filters)`.
        seed: integer, seed of the sampled positions.
        num_samples: integer, maximum number of positions.
        penalty: float, weight of the L2 penalty.

    Returns:
        float32 arrays `(kernel_size, kernel_size, channels, filters)` and `(filters,)`.
    """
    size, stride = layer.kernel_size[0], layer.strides[0]
    patches = tf.image.extract_patches(inputs, [1, size, size, 1], [1, stride, stride, 1], [1, 1, 1, 1], "SAME")
    patches = tf.reshape(patches, (-1, patches.shape[-1]))
    rows = np.random.default_rng(seed).permutation(len(patches))[:num_samples]
    x = np.asarray(tf.cast(tf.gather(patches, rows), tf.float32))
    y = np.asarray(targets, np.float32).reshape(-1, targets.shape[-1])[rows]
    x_mean, y_mean = x.mean(axis=0), y.mean(axis=0)
    x, y = x - x_mean, y - y_mean
    products = x.T @ x
    products[np.diag_indices_from(products)] += penalty * np.trace(products) / len(products)
    kernel = np.linalg.solve(products, x.T @ y)
    return kernel.reshape(size, size, -1, y.shape[-1]), y_mean - x_mean @ kernel


def save_arrays(path, **arrays) -> None:
    """Writes an `.npz` file atomically, and keeps an existing one.

    Args:
        path: `Path`.
        **arrays: name -> array.
    """
    if not path.exists():
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **arrays)
        write_atomically(path, buffer.getvalue())
