"""What the model is asked on content that it never saw, and what counts as right."""
