"""Files of llama2.c's own runs, as data to compare with."""

import json

from .errors import InputError


def recorded(path, kind, case_of):
    """case_of(case) for every case of a file (JSON: a list `cases`); else InputError.

    kind  of the cases, for the message
    """
    try:
        with open(path) as file:
            return [case_of(case) for case in json.load(file)["cases"]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} is not a file of {kind} cases: {error!r}") from error
