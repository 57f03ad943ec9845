"""The merged weights of a fine-tune as a checkpoint: ``python -m workers.training.tuning.export``.

What is merged computes what the adapter beside the base computes, up to rounding; it is kept only
after `parity` has shown that on rows of the dataset.

- job: the export of a job's folder, whole or not at all
- merge: base and adapter as shards, in any dtype
- parity: how far the logits of the merged weights are from the adapter's
- stored: the weights of a folder, one at a time
"""
