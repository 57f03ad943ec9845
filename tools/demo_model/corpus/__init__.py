"""The training text: documents in the form of the pages, made by rule from word lists."""
