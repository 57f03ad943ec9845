"""Runs on the page.

- views: Run, Stop, retry, branch, the panel, the tree's page
- forms: what their posts carry
- score_views: the probabilities of the prompt's tokens
- panel: a run as the page shows it, alone or beside its siblings
"""
