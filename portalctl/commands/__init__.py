"""What users type: one file per noun. A command parses, makes one call and shows one result."""
