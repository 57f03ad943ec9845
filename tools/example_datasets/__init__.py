"""Makes the example datasets of the fine-tune page."""
