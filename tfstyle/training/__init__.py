"""Training: settings, the loop, and a trainer for each family."""

from typing import TYPE_CHECKING

from tfstyle.public_names import lazy_names

if TYPE_CHECKING:  # for editors and type checkers: the same as the table below
    from tfstyle.training.adain import AdaINTrainer, train_adain
    from tfstyle.training.adain_config import AdaINConfig
    from tfstyle.training.adversarial_model import AdversarialModel
    from tfstyle.training.augmentation import GanAugmenter, augmentation_study
    from tfstyle.training.augmentation_config import AugmentationStudyConfig
    from tfstyle.training.augmentation_results import AugmentationStudy
    from tfstyle.training.cut import CutTrainer
    from tfstyle.training.cyclegan import CycleGanTrainer
    from tfstyle.training.gan import GanTrainer, train_gan
    from tfstyle.training.gan_config import GanConfig, gan_presets
    from tfstyle.training.gan_monitor import GanMonitor
    from tfstyle.training.loop import RunDirectory, Trainer, TrainingConfig, TrainingError
    from tfstyle.training.perceptual import PerceptualTrainer, train_perceptual
    from tfstyle.training.perceptual_config import PerceptualConfig
    from tfstyle.training.pix2pix import Pix2PixTrainer
    from tfstyle.training.restoration import RestorationTrainer
    from tfstyle.training.semantic_style import SemanticStyleTrainer, adapt_to_paintings, train_semantic_style
    from tfstyle.training.semantic_style_config import SemanticStyleConfig
    from tfstyle.training.style_bank import StyleBankTrainer, train_style_bank
    from tfstyle.training.style_bank_config import StyleBankConfig
    from tfstyle.training.text_gan import TextGanTrainer, train_text_gan
    from tfstyle.training.text_gan_config import TextGanConfig
    from tfstyle.training.translator import train_translator
    from tfstyle.training.translator_config import TranslatorConfig, restoration_presets, translator_presets
    from tfstyle.training.translator_trainer import TranslatorTrainer

__all__ = [
    "AdaINConfig",
    "AdaINTrainer",
    "AdversarialModel",
    "AugmentationStudy",
    "AugmentationStudyConfig",
    "CutTrainer",
    "CycleGanTrainer",
    "GanAugmenter",
    "GanConfig",
    "GanMonitor",
    "GanTrainer",
    "PerceptualConfig",
    "PerceptualTrainer",
    "Pix2PixTrainer",
    "RestorationTrainer",
    "RunDirectory",
    "SemanticStyleConfig",
    "SemanticStyleTrainer",
    "StyleBankConfig",
    "StyleBankTrainer",
    "TextGanConfig",
    "TextGanTrainer",
    "Trainer",
    "TrainingConfig",
    "TrainingError",
    "TranslatorConfig",
    "TranslatorTrainer",
    "adapt_to_paintings",
    "augmentation_study",
    "gan_presets",
    "restoration_presets",
    "train_adain",
    "train_gan",
    "train_perceptual",
    "train_semantic_style",
    "train_style_bank",
    "train_text_gan",
    "train_translator",
    "translator_presets",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "adain": ["AdaINTrainer", "train_adain"],
        "adain_config": ["AdaINConfig"],
        "cut": ["CutTrainer"],
        "cyclegan": ["CycleGanTrainer"],
        "adversarial_model": ["AdversarialModel"],
        "augmentation": ["GanAugmenter", "augmentation_study"],
        "augmentation_config": ["AugmentationStudyConfig"],
        "augmentation_results": ["AugmentationStudy"],
        "gan": ["GanTrainer", "train_gan"],
        "gan_config": ["GanConfig", "gan_presets"],
        "gan_monitor": ["GanMonitor"],
        "loop": ["RunDirectory", "Trainer", "TrainingConfig", "TrainingError"],
        "perceptual": ["PerceptualTrainer", "train_perceptual"],
        "perceptual_config": ["PerceptualConfig"],
        "pix2pix": ["Pix2PixTrainer"],
        "restoration": ["RestorationTrainer"],
        "semantic_style": ["SemanticStyleTrainer", "adapt_to_paintings", "train_semantic_style"],
        "semantic_style_config": ["SemanticStyleConfig"],
        "style_bank": ["StyleBankTrainer", "train_style_bank"],
        "style_bank_config": ["StyleBankConfig"],
        "text_gan": ["TextGanTrainer", "train_text_gan"],
        "text_gan_config": ["TextGanConfig"],
        "translator": ["train_translator"],
        "translator_config": ["TranslatorConfig", "restoration_presets", "translator_presets"],
        "translator_trainer": ["TranslatorTrainer"],
    },
)
