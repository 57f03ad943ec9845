"""Saved prompts: a person's own.

- models: prompts, versions, drafts, tags
- services: make, save, edit, archive, delete
- versions: versions made, listed, restored
- version_runs: whose runs are whose versions
- drafts: what was typed and not saved
- states: a version or a draft as a state
- diffs: what differs between two states
- indexing: the search index
- recent: what a person worked on last
- listing: the list and its filters
- paging: pages of a list
- forms: what a page posts to be saved
- views: the list, and what is done from it
- version_views: versions, differences, restoring
- draft_views: drafts over HTTP
- urls: their addresses
- belongings: export and moving
- apps: registers the app
"""
