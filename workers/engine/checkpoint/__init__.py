"""What a checkpoint is: its configuration, and where its tensors are. Reads no weights."""
