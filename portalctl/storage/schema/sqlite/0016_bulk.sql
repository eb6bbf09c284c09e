-- Bodies that came together lie one behind the other in a pack, whose key is their `place`: each begins at its
-- `starts_at` there. A body with a place and no such beginning has that place to itself.
ALTER TABLE bodies ADD COLUMN starts_at INTEGER CHECK (starts_at IS NULL OR (starts_at >= 0 AND place IS NOT NULL));

-- Packs in which so many bytes are `dead`, since no row of `bodies` tells of them: they are to be written anew without.
CREATE TABLE packs_with_gaps (
    place TEXT PRIMARY KEY,
    dead INTEGER NOT NULL CHECK (dead >= 0)
) STRICT, WITHOUT ROWID;

-- The documentation of documents that came together lies in one stretch, so that adding many touches few pages of it;
-- what one client has is found by the other indexes.
CREATE TABLE documentation_of_documents (
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
    PRIMARY KEY (document_id, client_id)
) STRICT, WITHOUT ROWID;
INSERT INTO documentation_of_documents (
    client_id, document_id, kind, from_client, appointment_id, added_at, added_by, seen_at, hidden_at, removed_at
)
SELECT client_id, document_id, kind, from_client, appointment_id, added_at, added_by, seen_at, hidden_at, removed_at
FROM documentation;
DROP TABLE documentation;
ALTER TABLE documentation_of_documents RENAME TO documentation;
CREATE INDEX documentation_by_age ON documentation (client_id, added_at, document_id) WHERE removed_at IS NULL;
CREATE INDEX documentation_of_kind ON documentation (client_id, kind, added_at, document_id) WHERE removed_at IS NULL;
CREATE INDEX documentation_of_appointment ON documentation (appointment_id, added_at, document_id)
WHERE appointment_id IS NOT NULL AND removed_at IS NULL;
CREATE INDEX documentation_unseen ON documentation (client_id, added_at, document_id)
WHERE seen_at IS NULL AND from_client = 0 AND removed_at IS NULL;

-- Documents are found by the beginning of a body's hash, which nearly always is enough: a fifth of what all of it takes.
DROP INDEX documents_of_body;
CREATE INDEX documents_of_body ON documents (substr(sha256, 1, 12)) WHERE sha256 IS NOT NULL;
