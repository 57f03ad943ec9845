"""The only place that sees both sides: rows and logs here, the engine there.

- main: the command that starts a worker
- process: the process: load, be ready, take rings, wind down
- loading: the checkpoint into an engine, or the reason why not
- serving: what it holds: row, engine loop, sweep
- tuned_models: adapters in the engine's memory
- run: one run: claim, resume, wait, finish
- scoring: one score: claim, rate the tokens, finish
- live: a run while the engine has it
- publisher: sends what the engine produced to the token log
"""
