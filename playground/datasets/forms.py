"""What people post about datasets."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from playground.core.errors import InvalidInput
from playground.core.forms import StrictForm
from playground.core.texts import fault_of


class PasteForm(StrictForm):
    """Pasted examples, with a name if somebody gives one."""

    text = forms.CharField(strip=False, error_messages={"required": "Paste some examples first."})
    name = forms.CharField(required=False, max_length=120)
    model = forms.CharField(required=False, max_length=80)

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        if fault := fault_of(text):
            raise forms.ValidationError(f"The text has {fault} in it. Remove it.")
        return text


def posted_paste(request: HttpRequest) -> dict[str, Any]:
    """text, name and model. Raises `InvalidInput`."""
    return PasteForm(request.POST).read()


def posted_file(request: HttpRequest) -> UploadedFile:  # type: ignore[type-arg]
    """The file of a form. Raises `InvalidInput`."""
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        raise InvalidInput("Choose a file first.", field="file")
    return file
