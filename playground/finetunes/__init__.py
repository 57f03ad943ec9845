"""Fine-tunes: a model is trained on a dataset, and what came of it.

- models: the row of one, and its record
- options: what can be set, with defaults by size of the base
- estimates: what is said before the start, and what cannot start
- services: start, reorder, stop, cancel, rename, delete
- selectors: reading them; the queue; the curve
- leases: claim, release, sweep
- record: the trainer's record, copied into rows
- following: how a page follows one
- finishing: the end, and the tuned model that it gives
- exporting: the whole model of one, made on demand
- mails: the message that it has ended
- memory: what it takes, and what the workers' devices have
- folders: where each job works
- pages: the pages
- belongings: what is a person's
- urls: addresses
- apps: registers app and topic
"""
