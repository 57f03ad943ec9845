"""What can be served, and who serves it.

- registry: the operator's registry of models
- config_file: what is read of a checkpoint's config
- files: where a checkpoint's files are
- json_files: bounded reading of JSON
- tokenizers: tokenizers without torch
- tokenizer_files: the files that they are made of
- models: the workers' rows
- services: register, beat, forget a worker
- selectors: live state of models and workers
- jobs: the kinds of work that workers do
- rings: telling workers that something may wait
- admin: workers for staff
- apps: registers the app
"""
