"""How likely a model finds each token of a prompt that a person wrote.

- models: the row
- services: ask for one, forget it
- selectors: reading one, and what it waits for
- leases: claim, finish, release, sweep
- belongings: not exported
- apps: registers the app
"""
