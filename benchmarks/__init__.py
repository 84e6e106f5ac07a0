"""Measurements from the command line."""
