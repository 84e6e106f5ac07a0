"""Small scripts of the project: they write what is generated and check what is written by hand."""
