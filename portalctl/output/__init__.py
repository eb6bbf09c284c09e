"""How results look: table, json, jsonl, csv, ids; columns are declared once per model."""
