"""Words that cannot be guessed, for addresses that everybody who has them may read."""

import secrets


def link_token() -> str:
    """128 random bits, in 22 characters that an address takes as they are."""
    return secrets.token_urlsafe(16)
