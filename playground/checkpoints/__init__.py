"""What can be served, and who serves it.

- registry: the operator's registry of models
- config_file: what is read of a checkpoint's config
- files: where a checkpoint's files are
- json_files: bounded reading of JSON
- tokenizers: tokenizers without torch
- tokenizer_files: the files that they are made of
- adapter_files: what a tuned model's folder may hold, and where it is kept
- models: the workers' rows; tuned models
- services: register, beat, forget a worker; register, rename, delete a tuned model
- granting: tuned models that others may use, by a link
- selectors: what a person can run; live state of models and workers
- jobs: the kinds of work that workers do
- rings: telling workers that something may wait
- admin: workers and tuned models for staff
- apps: registers the app
"""
