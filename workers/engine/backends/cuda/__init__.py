"""The engine on NVIDIA GPUs, in Triton's kernels and CUDA graphs.

Nothing here is imported where no GPU serves: Triton comes with torch's CUDA build only.

    attention_kernels, product_kernels   Triton; import nothing of the engine and no torch
    shapes       how kernels are cut for a device and a dtype
    step_tables  which rows attend to which positions, as one array of integers
    cache        keys and values on the device, and attention over them
    linear       products over rows
    graphs       steps that only decode, captured and replayed
    backend      the `Backend` that makes all of these
"""
