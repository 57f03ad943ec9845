"""Every run, as it was made.

- models: an import that is under way
- listing: the list and its filters
- rows: a run in the list
- forms: selected runs, and their export
- views: list, export, import, deletion
- run_views: one run starred or deleted
- comparison: two runs side by side
- compare_views: their page
- exports: runs as files
- imports: a file of runs is imported
- import_lines: its lines
- import_plan: what an import will do
- import_turns: one import at a time
- imported_line: one line, checked
- urls: their addresses
- belongings: export and release
- apps: registers the app
"""
