"""How the records of each noun look: one file per noun, named like the file of its models."""
