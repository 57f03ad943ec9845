"""A saved prompt run over the rows of a small table.

- table: reads a pasted table or a file
- columns: which column fills what, and the form that a row makes
- models: the table and its rows
- services: make, stop and delete
- starting: starts waiting rows as earlier ones end
- selectors: reading them
- exports: the table with its outputs as CSV
- views: the pages
- urls: addresses
- belongings: export and quota
- apps: registers the app
"""
