"""What every part of the site builds on; it knows nothing above it.

- configuration: settings: read strictly, checked, logged
- serving: what is around every view
- redis: clients of Redis, and the embedded server
- postgresql: the database backend
- batches: many rows, a batch at a time
- cells: cells of CSV that no spreadsheet runs
- erasing: what is deleted leaves the files too
- errors: the one tree of errors
- failures: passing errors and permanent ones
- forms: Django's forms in our errors, shared fields
- htmx: HTMX's headers
- http: the vocabulary of views
- link_tokens: words that cannot be guessed
- lists: lists that an address narrows
- locks: locks between processes
- models: search words and what is to be erased
- processes: what the kernel does for us
- schema: migrations of our own apps
- search: finding things by their words
- sizes: what a value takes in the database
- texts: one representation of every text
- toasts: what was just done, told on the next page
- apps: registers the app
"""
