"""Fine-tuning a GPT-J on prompts and completions: ``python -m workers.training.tuning FOLDER``.

- adapters: LoRA on a network: attached, taken off, and in PEFT's format on disk
- base: the base model of a fine-tune: a checkpoint's folder as a network and a tokenizer
- errors: what stops a fine-tune for good
- inference: log-probabilities of completions, and greedy text
"""
