"""The error that ends a command with one sentence."""


class InputError(ValueError):
    """Bad input from outside: the message names the value, the limit and the remedy.

    The command line prints the message alone and exits with code 2.
    """
