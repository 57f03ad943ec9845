"""The page that prompts are written on.

- openings: every way to open it
- page: renders or refuses it
- open_views: addresses that open it
- views: a template's page, preview, state links
- running: runs on the page, and their panel
- save_views: Save
- home: the home page
- save_bar: the saving side of the page
- tree: runs that grew from the same
- tree_labels: what its runs are called
- variable_panel: the fields of variables
- hints: what was nearly typed
- row_edits: rows added and removed
- model_menu: the menu of models
- state_links: a page in an address
- palette: the command palette
- token_views: texts of tokens
- addresses: addresses for lists of runs
- urls: all its addresses
- apps: registers the app
"""
