"""Rules for names: no name may look like another."""

from django.contrib.auth.validators import ASCIIUsernameValidator
from django.core.validators import MaxLengthValidator

MAX_NAME = 40

VALIDATORS = [
    ASCIIUsernameValidator(message="Use letters from a to z, digits and . + - _ @ only."),
    MaxLengthValidator(MAX_NAME, message=f"A name has at most {MAX_NAME} characters."),
]
