-- What a note says, in Markdown: the rest of it stands in documents. It is changed until it is completed, then never.
CREATE TABLE notes (
    document_id TEXT COLLATE "C" PRIMARY KEY REFERENCES documents (id),
    text TEXT COLLATE "C" NOT NULL,
    completed_at BIGINT
);
