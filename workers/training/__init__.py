"""Training GPT-J as a plain library: batches in, an append-only record and checkpoints out.

Knows neither Django nor Celery, nor where examples come from. What a step learns is a function
of its batches alone, so a run that was stopped goes on to the same weights. Start at
`trainer.Trainer`.
"""
