"""The process that examines datasets. It holds no model and loads no torch.

- main: starts it
- process: its life, from its row to its end
- examination: one version, from its file to what is stored
"""
