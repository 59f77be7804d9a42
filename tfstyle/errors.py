"""The errors that are meant for the user."""


class TfstyleError(Exception):
    """The base of every error whose message tells a user what was wrong and how to mend it.

    The command line shows the message as one line, without a traceback. Each subclass is also one of Python's own
    errors, such as a `ValueError`, so that a program can catch it without knowing tfstyle.

    Example:
        >>> try:
        ...     tfstyle.load("stylebank")
        ... except tfstyle.errors.TfstyleError as error:
        ...     print(error)
        There is no model 'stylebank'. Did you mean 'style_bank'? ...
    """


class WeightsError(TfstyleError, FileNotFoundError):
    """The weights of a pretrained network are not there and cannot be fetched."""
