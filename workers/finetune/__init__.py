"""The job that fine-tunes: rows here, a child process that trains there. It imports no torch.

- main: the command that starts a worker
- process: the process: be ready, take rings, wind down
- training: what it holds: row, the job of now, sweep
- device_memory: what its device has
- job: one fine-tune: claim, prepare, watch, finish
- export: one export of a whole model: prepare, watch, finish
- export_folder: its folder as the child finds it
- chores: messages that are due, and the memory of the device
- folder: the job's folder as the child finds it
- reader: what is new in the child's record, and its results
- child: starting the child, and telling it to end
- keeper: the process around the child, which leaves nothing behind
"""
