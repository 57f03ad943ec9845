"""Which rows run in the next step. Decides with plain numbers: no torch, no numpy."""
