-- Documents: files, notes and forms. A file's body is found by its owner and hash; what a note or a form says stands in
-- a table of its own. `owner` is 'practice' or the client who made it.
CREATE TABLE documents (
    id TEXT COLLATE "C" PRIMARY KEY,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('file', 'note', 'form')),
    owner TEXT COLLATE "C" NOT NULL,
    title TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    folder TEXT COLLATE "C",
    media_type TEXT COLLATE "C" NOT NULL,
    bytes BIGINT,
    sha256 TEXT COLLATE "C",
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('draft', 'waiting', 'begun', 'completed')),
    author_id TEXT COLLATE "C" NOT NULL,
    author TEXT COLLATE "C" NOT NULL,
    amends TEXT COLLATE "C" REFERENCES documents (id),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    deleted_at BIGINT,
    CHECK ((kind = 'file') = (sha256 IS NOT NULL)),
    CHECK ((bytes IS NULL) = (sha256 IS NULL))
);
CREATE INDEX documents_by_age ON documents (created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX documents_of_kind ON documents (kind, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX documents_from_clients ON documents (created_at, id) WHERE owner <> 'practice' AND deleted_at IS NULL;
CREATE INDEX documents_of_owner ON documents (owner, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX documents_of_body ON documents (owner, sha256) WHERE sha256 IS NOT NULL;
CREATE INDEX documents_amending ON documents (amends) WHERE amends IS NOT NULL;

-- In whose documentation a document stands: what the client made, and what the practice shares with them. `kind` and
-- `from_client` repeat the document's, so that one client's list is a stretch of one index.
CREATE TABLE documentation (
    client_id TEXT COLLATE "C" NOT NULL REFERENCES clients (id),
    document_id TEXT COLLATE "C" NOT NULL REFERENCES documents (id),
    kind TEXT COLLATE "C" NOT NULL,
    from_client BIGINT NOT NULL CHECK (from_client IN (0, 1)),
    appointment_id TEXT COLLATE "C" REFERENCES appointments (id),
    added_at BIGINT NOT NULL,
    added_by TEXT COLLATE "C" NOT NULL,
    seen_at BIGINT,
    hidden_at BIGINT,
    removed_at BIGINT,
    PRIMARY KEY (client_id, document_id)
);
CREATE INDEX documentation_by_age ON documentation (client_id, added_at, document_id) WHERE removed_at IS NULL;
CREATE INDEX documentation_of_kind ON documentation (client_id, kind, added_at, document_id) WHERE removed_at IS NULL;
CREATE INDEX documentation_of_appointment ON documentation (appointment_id, added_at, document_id)
WHERE appointment_id IS NOT NULL AND removed_at IS NULL;
CREATE INDEX documentation_of_document ON documentation (document_id);
CREATE INDEX documentation_unseen ON documentation (client_id, added_at, document_id)
WHERE seen_at IS NULL AND from_client = 0 AND removed_at IS NULL;

-- Who opened a document, in whose documentation, and when.
CREATE TABLE document_views (
    id TEXT COLLATE "C" PRIMARY KEY,
    document_id TEXT COLLATE "C" NOT NULL REFERENCES documents (id),
    client_id TEXT COLLATE "C" REFERENCES clients (id),
    viewer_id TEXT COLLATE "C" NOT NULL,
    viewer TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX views_of_document ON document_views (document_id, at, id);
