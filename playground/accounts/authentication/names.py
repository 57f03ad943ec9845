"""Rules for names: no name may look like another."""

from django.contrib.auth.validators import ASCIIUsernameValidator
from django.core.validators import MaxLengthValidator

LONGEST_NAME = 40

VALIDATORS = [
    ASCIIUsernameValidator(message="Use letters from a to z, digits and . + - _ @ only."),
    MaxLengthValidator(LONGEST_NAME, message=f"{LONGEST_NAME} characters are the most."),
]
