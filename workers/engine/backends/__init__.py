"""How the model computes on a device. `interface` defines a backend, `choose` makes one."""
