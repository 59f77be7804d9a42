"""Errors for the user."""


class TfstyleError(Exception):
    """Base class of errors whose message tells the user what is wrong and how to correct it.

    The command line shows the message as one line, without a traceback. Each subclass is also a built-in exception,
    such as a `ValueError`, so that programs can catch it without importing tfstyle.

    Example:
        >>> try:
        ...     tfstyle.load("stylebank")
        ... except tfstyle.errors.TfstyleError as error:
        ...     print(error)
        There is no model 'stylebank'. Did you mean 'style_bank'? ...
    """


class WeightsError(TfstyleError, FileNotFoundError):
    """The weights of a pretrained network are missing and cannot be downloaded."""
