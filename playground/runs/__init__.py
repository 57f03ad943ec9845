"""One piece of work for a model.

- models: the row
- parameters: what can be asked of a model
- token_biases: biases of tokens, written and as ids of a model
- state: the state that a row keeps
- services: create, cancel, retry, star, note
- branching: go on with another token
- selectors: reading runs; the queue
- leases: claim, release, sweep
- finishing: the end of a run
- following: how a page follows one
- adapters: a deleted tuned model's files and row go
- belongings: tuned models are exported and let go with their person
- deletion: runs go, what went on from them stays
- figures: speed, seconds and places in words
- lengths: what fits a context
- admin: runs for staff
- apps: registers app and topic
"""
