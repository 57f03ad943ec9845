"""A command's arguments in one setting, divided as a shell would and run without one."""

import shlex


def argument_list(given: str) -> tuple[str, ...]:
    """``accelerate launch --num_processes 2`` as its arguments; nothing is none."""
    try:
        return tuple(shlex.split(given))
    except ValueError as error:
        raise ValueError(
            f"must be a command with its arguments, quoted as in a shell ({error})"
        ) from None
