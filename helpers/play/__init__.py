"""Pieces to play with inside a notebook, each with a still picture that stands in for it.

`base` is what they share. A piece has two modules: one that knows the world and is tested without a browser, and one
that shows it. The JavaScript beside them is sent by the kernel: no server, no network.
"""
