"""The pages for a browser, over a real server."""
