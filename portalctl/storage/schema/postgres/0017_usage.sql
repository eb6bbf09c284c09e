-- How much is kept: for each client (`holder` is their id) what stands in their documentation, and in the rows
-- 'practice/N', together, all that there is. `bytes` are those of files.
CREATE TABLE usage (
    holder TEXT COLLATE "C" PRIMARY KEY,
    documents BIGINT NOT NULL,
    bytes BIGINT NOT NULL
);
INSERT INTO usage (holder, documents, bytes)
SELECT r.client_id, count(*), COALESCE(sum(d.bytes), 0) FROM documentation r JOIN documents d ON d.id = r.document_id
WHERE r.removed_at IS NULL AND d.deleted_at IS NULL GROUP BY r.client_id;
INSERT INTO usage (holder, documents, bytes)
SELECT 'practice/0', count(*), COALESCE(sum(bytes), 0) FROM documents WHERE deleted_at IS NULL;
