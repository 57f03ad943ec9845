"""Invented facts, and texts, tables, questions and chats about them."""
