"""GPT-J inference: continuous batching behind `submit`, `abort`, `step` and `score`.

Knows neither Django nor Celery. `errors`, `request`, `text`, `scheduler`, `randomness` and
`checkpoint` import no torch, so a process that only describes requests stays small and starts fast;
this file imports nothing for the same reason. Start at `engine.Engine`.
"""
