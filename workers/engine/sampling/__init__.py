"""From logits to tokens. Start at `sampler.sample`."""
