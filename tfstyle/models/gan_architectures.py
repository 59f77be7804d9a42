"""The former place of `tfstyle.models.create_networks`, for one version."""

from tfstyle.public_names import renamed

__getattr__ = renamed(__name__, {"create_networks": "tfstyle.models.create_networks"})
