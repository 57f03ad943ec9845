"""English sentences and their French translation."""
