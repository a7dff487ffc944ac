"""What a laptop or CI needs to rehearse a run for nothing: an emulated cloud, machines, a model."""
