"""For each notebook: other right answers to its exercises, and wrong ones with the hint that each must get."""
