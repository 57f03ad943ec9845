"""From the corpus to a trained checkpoint."""
