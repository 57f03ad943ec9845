"""The engine in torch's own operators: for every device, and the reference for the others."""
