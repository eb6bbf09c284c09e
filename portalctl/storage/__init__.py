"""The only place with SQL: one file of queries per noun, over one seam for what engines do differently."""
