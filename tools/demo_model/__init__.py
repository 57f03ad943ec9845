"""Makes the demo checkpoint: corpus generator, tokenizer, trainer, held-out evaluation."""
