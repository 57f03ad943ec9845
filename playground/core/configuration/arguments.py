"""A command's arguments in one setting. No shell ever reads it."""

import json
from typing import Any


def argument_list(given: str) -> tuple[str, ...]:
    """``accelerate launch --num_processes 2``, or a JSON list, as its arguments; "" is none."""
    if not given.startswith("["):
        return tuple(given.split())
    try:
        arguments: Any = json.loads(given)
    except ValueError:
        arguments = None
    if not isinstance(arguments, list) or not all(isinstance(each, str) for each in arguments):
        raise ValueError('must be a command with its arguments, such as ["srun", "python"]')
    return tuple(arguments)
