"""Datasets: files of examples to train on, checked and put into one form.

- reading: recognises what a file is and reads its rows, with line and byte
- checks: what is wrong with a file, in sentences
- fixes: new files in which a finding is gone
- splitting: the rows that are held out
- durations: how long a fine-tune should take
- models: datasets, versions, uploads
- files: where their files are
- room: quotas of a person and of the site
- services: what is done to a dataset
- uploads: files on their way here
- leases: which worker examines which version
- selectors: a person's datasets, and what a link shows
- examples: rows to look at: first ones, random ones, found ones
- figures: what a page says and draws of a version
- changes: what a fix changes
- presentation: findings as a page shows them
- forms: what people post
- views: the list, the page of a dataset, the guide
- change_views: what is done to a dataset from its page
- urls: their addresses
- belongings: export, release and quotas
- apps: registers the app
"""
