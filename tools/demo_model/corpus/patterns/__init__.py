"""Prompts whose format only their examples show."""
