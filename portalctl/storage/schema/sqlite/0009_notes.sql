-- What a note says, in Markdown: the rest of it stands in documents. It is changed until it is completed, then never.
CREATE TABLE notes (
    document_id TEXT PRIMARY KEY REFERENCES documents (id),
    text TEXT NOT NULL,
    completed_at INTEGER
) STRICT;
