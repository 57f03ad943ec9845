"""How the model computes on a device. `interface` says what a backend does, `choose` makes one."""
