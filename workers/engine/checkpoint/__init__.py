"""A checkpoint's configuration, and the places of its tensors. Reads no weights."""
