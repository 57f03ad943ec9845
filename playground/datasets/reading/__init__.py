"""Recognises what a file is and reads its rows, with line and byte.

- contents: files that are no text, by their first bytes
- encodings: UTF-8, and what is none
- lines: lines and pieces of lines, bounded
- forms: the form, by content
- rows: rows, faults and notes
- separators: what ends an example in a text
- markers: what is between prompt and completion in a text
- segments: the examples of a text
- fields: from JSON objects to rows
- messages: OpenAI's messages
- json_lines: one object a line
- json_stream: a list of objects
- columns: the header of a table
- tables: rows of CSV and TSV
- source: a file, opened in its form
"""
