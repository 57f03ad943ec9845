"""What runs beside the web application: the engine, the training loop, a process for each job."""
