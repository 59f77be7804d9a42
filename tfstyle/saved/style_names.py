"""Names of the styles of the shipped style bank, then and now."""

from collections.abc import Collection

# Names in version 0.1.0, which were the names of files.
FORMER_NAMES = {
    "Austria": "austrian_stained_glass",
    "Homer1": "homer_veteran_in_a_new_field",
    "Isfahan2": "isfahan_tile_panel",
    "Klimt": "klimt_mada_primavesi",
    "Renoir": "renoir_woman_in_a_garden",
    "VanGogh1": "van_gogh_cypresses",
    "gauguin_tahiti": "gauguin_three_tahitian_women",
    "hoitsu_flowers": "hoitsu_flowering_tree",
    "hokusai_wave": "hokusai_great_wave",
    "matisse_woman_with_hat_1905": "matisse_woman_with_a_hat",
    "monet_water_lilies_1919": "monet_water_lilies",
    "picabia_udnie_1913": "picabia_udnie",
    "turner_shipwreck_of_the_minotaur": "turner_shipwreck",
    "vangogh_starry_night": "van_gogh_starry_night",
}


def current_name(name: str, style_names: Collection[str]) -> str:
    """The name of a style today.

    Args:
        name: name of a style, or a former name.
        style_names: names of a bank's styles.

    Returns:
        The current name if the bank has it and does not have `name`, otherwise `name`.

    Example:
        >>> current_name("Klimt", ["identity", "klimt_mada_primavesi"])
        'klimt_mada_primavesi'
    """
    current = FORMER_NAMES.get(name, name)
    return current if name not in style_names and current in style_names else name
