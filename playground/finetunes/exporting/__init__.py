"""The whole model of a fine-tune as one checkpoint, made by a worker and offered after a check.

- services: ask for one, delete it
- leases: claim, finish, release, sweep
- files: where it is, and how large it will be
"""
