"""Invented facts, and what is written about them: texts, tables, questions, chats."""
