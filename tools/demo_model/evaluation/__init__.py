"""The model's tasks on content that it never saw, and what counts as right."""
