"""What runs beside the web application: the engine, the training loop and their tasks."""
