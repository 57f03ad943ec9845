"""Training GPT-J as a plain library: batches in, an append-only record and checkpoints out.

Knows neither Django nor Celery, nor where examples come from. What a step learns is a function
of its batches alone, so a run that was stopped goes on to the same weights. Start at
`trainer.Trainer`; the demo model is trained from nothing with it, and `tuning` tunes with it.

- trainer: the training step, and the state that it changes
- network: GPT-J in plain torch, with a place for LoRA on each linear layer
- packing: rows of different lengths as one line of tokens, and attention that keeps them apart
- kernels: attention over packed rows by a GPU's own kernel, tried before it is used
- batches: padded batches of examples of similar length
- loss: the loss of a batch, in the precision that suits the processor
- dropout: dropout as a function of seed, step and place
- optimizers: what changes the weights
- schedule: the learning rate of each step
- loop: the way through a schedule
- journal: the record of a run that is trained from nothing
- checkpoint: the state of such a run
- host_memory: how much memory there is, and how much is free
- files: files that a reader never meets half-written
- tuning: a fine-tune, as a process of its own
"""
