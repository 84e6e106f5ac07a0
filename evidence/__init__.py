"""Scripts that record the long runs which the notebooks show; each writes one file of notebooks/data."""
