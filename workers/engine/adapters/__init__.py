"""Low-rank adapters: read (`adapter`), named (`loaded`), and added to a step's rows (`bank`)."""
