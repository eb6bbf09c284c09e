"""The figures that README shows, each by one command.

Of a portal in a file: `python -m benchmarks.startup`, `.scale`, `.races`, `.kills`. Of a portal server on PostgreSQL:
`.throughput`, `.large`, `.storm`, `.postgres_kills`, `.lost_replies`.
"""
