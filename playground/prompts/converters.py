"""The slug of a template in an address."""

from playground.prompts.catalog import TEMPLATES, Template


class TemplateConverter:
    """The slug of a template page, as its `Template`."""

    regex = "|".join(TEMPLATES)

    def to_python(self, value: str) -> Template:
        return TEMPLATES[value]

    def to_url(self, value: Template | str) -> str:
        return value if isinstance(value, str) else value.slug
