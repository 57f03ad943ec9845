"""Fine-tuning a GPT-J on prompts and completions: ``python -m workers.training.tuning FOLDER``.

A job is a folder. Start at `__main__` (what ends how), then `job` (the way through a job).

- __main__: the command, its signals and its exit status
- job: a job's folder from its options to its result, going on where it was killed
- options: job.json, field by field, with defaults by size of the base
- rows: the rows of a fine-tune, in tokens
- order: which rows a step learns from, by seed and step alone
- base: the base model: a checkpoint's folder as a network and a tokenizer
- adapters: LoRA on a network: attached, taken off, and in PEFT's format on disk
- learner: what is trained, the batches of each step, and the state of both
- plan: how long a job is, and corrected while it runs
- memory: how many rows are computed at once
- looking: looks at held-out rows and samples on the way
- guards: when training has gone astray, and whether texts end
- record: record.jsonl, numbered and appended only
- checkpoints: written whole or not at all
- ending: the result on disk, checked, and compared with the base
- inference: log-probabilities of completions, and greedy text
- processes: several processes that train together
- sharding: a full fine-tune whose weights are divided over the processes
- quantizing: the base in 4 bits while LoRA is trained
- errors: what stops a fine-tune for good
- evaluation: what a fine-tune is worth
- export: the merged weights as a checkpoint
"""
