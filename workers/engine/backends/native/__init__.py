"""The engine on CPUs, in C++ kernels that are compiled on the machine where they run."""
