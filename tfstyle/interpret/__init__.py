"""Explanations: pictures of what a style network, a style vector or a training does, and figures for notebooks.

Each explanation is a function that returns data and a `plot_` function that draws it. The docstring of the latter says
what the picture shows and what it does not. `tfstyle explain` puts them together as a report.
"""

from typing import TYPE_CHECKING

from tfstyle.public_names import lazy_names

if TYPE_CHECKING:  # what the table below does at run time, in a form that editors and type checkers read
    from tfstyle.interpret.ablation import ablate_blocks, plot_ablation
    from tfstyle.interpret.augmentation import plot_augmentation_study
    from tfstyle.interpret.content_distance import content_map, plot_content_map
    from tfstyle.interpret.directions import Directions, latent_directions, plot_latent_directions
    from tfstyle.interpret.figures import plot_losses, read_losses, show_images
    from tfstyle.interpret.gram_matrices import gram_spectrum, gram_textures, plot_gram_spectrum, plot_gram_textures
    from tfstyle.interpret.history import (
        equilibrium,
        plot_equilibrium,
        plot_sample_film,
        plot_training_history,
        sample_film,
        training_history,
    )
    from tfstyle.interpret.linear_probes import linear_probe, plot_linear_probes
    from tfstyle.interpret.occlusion import occlusion_maps, plot_occlusion_maps
    from tfstyle.interpret.octaves import noise_octaves, plot_noise_octaves
    from tfstyle.interpret.patch_matching import correspondence, plot_correspondence
    from tfstyle.interpret.properties import image_properties
    from tfstyle.interpret.sensitivity import plot_style_sensitivity, principal_directions, style_sensitivity
    from tfstyle.interpret.strength import plot_strength_effect, strength_effect
    from tfstyle.interpret.style_distances import (
        crop_distances,
        nearest_paintings,
        plot_crop_distances,
        plot_nearest_paintings,
    )
    from tfstyle.interpret.style_gradients import layer_gradients, plot_layer_gradients
    from tfstyle.interpret.style_map import plot_style_map, principal_components
    from tfstyle.interpret.training_gradients import gradient_norms, plot_gradient_norms

__all__ = [
    "Directions",
    "ablate_blocks",
    "content_map",
    "correspondence",
    "crop_distances",
    "equilibrium",
    "gradient_norms",
    "gram_spectrum",
    "gram_textures",
    "image_properties",
    "latent_directions",
    "layer_gradients",
    "linear_probe",
    "nearest_paintings",
    "noise_octaves",
    "occlusion_maps",
    "plot_ablation",
    "plot_augmentation_study",
    "plot_content_map",
    "plot_correspondence",
    "plot_crop_distances",
    "plot_equilibrium",
    "plot_gradient_norms",
    "plot_gram_spectrum",
    "plot_gram_textures",
    "plot_latent_directions",
    "plot_layer_gradients",
    "plot_linear_probes",
    "plot_losses",
    "plot_nearest_paintings",
    "plot_noise_octaves",
    "plot_occlusion_maps",
    "plot_sample_film",
    "plot_strength_effect",
    "plot_style_map",
    "plot_style_sensitivity",
    "plot_training_history",
    "principal_components",
    "principal_directions",
    "read_losses",
    "sample_film",
    "show_images",
    "strength_effect",
    "style_sensitivity",
    "training_history",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "ablation": ["ablate_blocks", "plot_ablation"],
        "augmentation": ["plot_augmentation_study"],
        "content_distance": ["content_map", "plot_content_map"],
        "figures": ["plot_losses", "read_losses", "show_images"],
        "gram_matrices": ["gram_spectrum", "gram_textures", "plot_gram_spectrum", "plot_gram_textures"],
        "history": [
            "equilibrium",
            "plot_equilibrium",
            "plot_sample_film",
            "plot_training_history",
            "sample_film",
            "training_history",
        ],
        "directions": ["Directions", "latent_directions", "plot_latent_directions"],
        "linear_probes": ["linear_probe", "plot_linear_probes"],
        "occlusion": ["occlusion_maps", "plot_occlusion_maps"],
        "octaves": ["noise_octaves", "plot_noise_octaves"],
        "patch_matching": ["correspondence", "plot_correspondence"],
        "properties": ["image_properties"],
        "sensitivity": ["plot_style_sensitivity", "principal_directions", "style_sensitivity"],
        "strength": ["plot_strength_effect", "strength_effect"],
        "style_distances": ["crop_distances", "nearest_paintings", "plot_crop_distances", "plot_nearest_paintings"],
        "style_gradients": ["layer_gradients", "plot_layer_gradients"],
        "style_map": ["plot_style_map", "principal_components"],
        "training_gradients": ["gradient_norms", "plot_gradient_norms"],
    },
)
