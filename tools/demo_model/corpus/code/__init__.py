"""Python functions and their explanations in words."""
