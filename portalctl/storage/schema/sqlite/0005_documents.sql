-- Documents: files, notes and forms. A file's body is found by its owner and hash; what a note or a form says stands in
-- a table of its own. `owner` is 'practice' or the client who made it.
CREATE TABLE documents (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('file', 'note', 'form')),
    owner TEXT NOT NULL,
    title TEXT NOT NULL,
    name TEXT NOT NULL,
    folder TEXT,
    media_type TEXT NOT NULL,
    bytes INTEGER,
    sha256 TEXT,
    state TEXT NOT NULL CHECK (state IN ('draft', 'waiting', 'begun', 'completed')),
    author_id TEXT NOT NULL,
    author TEXT NOT NULL,
    amends TEXT REFERENCES documents (id),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER,
    CHECK ((kind = 'file') = (sha256 IS NOT NULL)),
    CHECK ((bytes IS NULL) = (sha256 IS NULL))
) STRICT;
CREATE INDEX documents_by_age ON documents (created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX documents_of_kind ON documents (kind, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX documents_from_clients ON documents (created_at, id) WHERE owner <> 'practice' AND deleted_at IS NULL;
CREATE INDEX documents_of_owner ON documents (owner, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX documents_of_body ON documents (owner, sha256) WHERE sha256 IS NOT NULL;
CREATE INDEX documents_amending ON documents (amends) WHERE amends IS NOT NULL;

-- In whose documentation a document stands: what the client made, and what the practice shares with them. `kind` and
-- `from_client` repeat the document's, so that one client's list is a stretch of one index.
CREATE TABLE documentation (
    client_id TEXT NOT NULL REFERENCES clients (id),
    document_id TEXT NOT NULL REFERENCES documents (id),
    kind TEXT NOT NULL,
    from_client INTEGER NOT NULL CHECK (from_client IN (0, 1)),
    appointment_id TEXT REFERENCES appointments (id),
    added_at INTEGER NOT NULL,
    added_by TEXT NOT NULL,
    seen_at INTEGER,
    hidden_at INTEGER,
    removed_at INTEGER,
    PRIMARY KEY (client_id, document_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX documentation_by_age ON documentation (client_id, added_at, document_id) WHERE removed_at IS NULL;
CREATE INDEX documentation_of_kind ON documentation (client_id, kind, added_at, document_id) WHERE removed_at IS NULL;
CREATE INDEX documentation_of_appointment ON documentation (appointment_id, added_at, document_id)
WHERE appointment_id IS NOT NULL AND removed_at IS NULL;
CREATE INDEX documentation_of_document ON documentation (document_id);
CREATE INDEX documentation_unseen ON documentation (client_id, added_at, document_id)
WHERE seen_at IS NULL AND from_client = 0 AND removed_at IS NULL;

-- Who opened a document, in whose documentation, and when.
CREATE TABLE document_views (
    id TEXT PRIMARY KEY,
    document_id TEXT NOT NULL REFERENCES documents (id),
    client_id TEXT REFERENCES clients (id),
    viewer_id TEXT NOT NULL,
    viewer TEXT NOT NULL,
    role TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX views_of_document ON document_views (document_id, at, id);
