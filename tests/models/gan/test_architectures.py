import keras
import pytest

from tfstyle.models.gan.architectures import ARCHITECTURES, create_networks
from tfstyle.models.gan.gan import create_gan
from tfstyle.models.gan.resnet_gan import ResNetDiscriminator, ResNetGenerator


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize(("size", "channels", "num_classes"), [(28, 1, 3), (64, 4, 0)])
def test_networks_fit_together(architecture, size, channels, num_classes):
    if architecture == "fastgan" and size < 32:
        size = 32  # its smallest
    generator, discriminator = create_networks(
        architecture, (size, size, channels), num_classes, "mixed_bfloat16", latent_dim=7
    )
    assert generator.latent_dim == 7
    assert {generator.dtype_policy.name, discriminator.dtype_policy.name} == {"mixed_bfloat16"}
    create_gan(generator, discriminator)  # raises where they do not
    dropouts = [layer.rate for layer in discriminator._flatten_layers() if isinstance(layer, keras.layers.Dropout)]
    assert not any(dropouts)


def test_the_resnet_for_32_pixels_is_the_papers():
    for network, default in zip(
        create_networks("resnet", (32, 32, 3)), (ResNetGenerator(), ResNetDiscriminator()), strict=True
    ):
        assert {**network.get_config(), "name": ""} == {**default.get_config(), "name": ""}


def test_shapes_that_do_not_fit():
    with pytest.raises(ValueError, match="architecture='vit'"):
        create_networks("vit", (32, 32, 3))
    with pytest.raises(ValueError, match="'conv' is for square images"):
        create_networks("conv", (32, 64, 3))
    with pytest.raises(ValueError, match="image_size=30"):
        create_networks("resnet", (30, 30, 3))
    assert create_networks("dense", (5, 9, 3))[0].image_shape == (5, 9, 3)


def test_options_reach_their_network():
    generator, discriminator = create_networks(
        "conv", (28, 28, 1), discriminator_options={"normalization": "spectral", "dropout": 0.1}, kernel_size=6
    )
    assert (generator.kernel_size, discriminator.kernel_size) == (6, 5)
    assert (discriminator.normalization, discriminator.dropout) == ("spectral", 0.1)
    _, discriminator = create_networks("resnet", (32, 32, 3), discriminator_options={"num_downsamplings": 3})
    assert discriminator.num_downsamplings == 3
