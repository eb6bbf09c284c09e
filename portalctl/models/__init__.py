"""What travels between the layers: pydantic models, one file per noun, no behaviour."""
