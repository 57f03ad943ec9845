"""Makes the demo checkpoint from text that the repository generates.

The modules here are commands: ``train``, ``evaluate``, ``leaks`` and ``card``, run as
``python -m tools.demo_model.train``. `corpus` makes the text, `training` turns it into batches
for the trainer of `workers.training` and exports the result, `evaluation` judges answers.
"""
