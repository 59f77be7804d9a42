"""Former name of `tfstyle.transfer.time_lapse`."""

from tfstyle.public_names import renamed

__getattr__ = renamed(__name__, {"Film": "tfstyle.transfer.time_lapse.TimeLapse"})
