"""Papers: what is drawn for people to print or keep. The only room that knows how a PDF is made."""
