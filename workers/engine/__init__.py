"""GPT-J inference: continuous batching behind `submit`, `abort`, `step` and `score`.

Start at `engine.Engine`. The folders, from what decides to what computes:

    scheduling   which rows run in the next step, and which blocks of the cache hold which text
    model        GPT-J, the runner that calls it, and the reading of its weights
    sampling     from logits to tokens
    adapters     LoRA: what an adapter is, which are loaded, and their place in a step
    checkpoint   a checkpoint's configuration and files
    backends     how all of it computes on a device: in torch, in C++ or on a GPU

Knows neither Django nor Celery. What decides (`scheduling`, `request`, `errors`, `text` and the
like) imports no torch, so a process that only describes requests stays small and starts fast; this
file imports nothing for the same reason.
"""
