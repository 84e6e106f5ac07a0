"""What goes wrong without an error, and how to find it: broken programs, a zoo of bugs, probes and instruments."""
