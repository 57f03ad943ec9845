"""Python functions, and what they do in words."""
