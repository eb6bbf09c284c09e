-- Files that no scanner has passed yet, and those in which one has found something: nobody can read them.
ALTER TABLE documents ADD COLUMN quarantine TEXT COLLATE "C" CHECK (quarantine IN ('waiting', 'infected'));
CREATE INDEX documents_in_quarantine ON documents (created_at, id) WHERE quarantine IS NOT NULL AND deleted_at IS NULL;

-- Files that a scanner is to look at, each from `due_at` on; who looks at one has it until then. `notify` says that the
-- clients are to hear of it by mail once it has passed.
CREATE TABLE scans (
    document_id TEXT COLLATE "C" PRIMARY KEY REFERENCES documents (id),
    due_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    notify BIGINT NOT NULL CHECK (notify IN (0, 1))
);
CREATE INDEX scans_due ON scans (due_at, document_id);
