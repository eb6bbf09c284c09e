"""The figures that README shows, each by one command: `python -m benchmarks.startup`, `.scale`, `.races`, `.kills`."""
