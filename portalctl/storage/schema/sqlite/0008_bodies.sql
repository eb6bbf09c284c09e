-- Bodies of files, found by their owner and SHA-256. A small one is in its row; a larger one is kept elsewhere, under the
-- key `place`. `idle_since` is when a sweep first found that nothing refers to it.
CREATE TABLE bodies (
    owner TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL CHECK (bytes >= 0),
    content BLOB,
    place TEXT,
    idle_since INTEGER,
    PRIMARY KEY (owner, sha256),
    CHECK ((content IS NULL) <> (place IS NULL))
) STRICT;
CREATE INDEX bodies_idle ON bodies (idle_since) WHERE idle_since IS NOT NULL;
CREATE INDEX bodies_by_place ON bodies (place) WHERE place IS NOT NULL;

-- The objects that a body consists of, in order, where it is kept in several.
CREATE TABLE body_parts (
    place TEXT NOT NULL,
    starts_at INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    object TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    PRIMARY KEY (place, starts_at)
) STRICT, WITHOUT ROWID;
CREATE INDEX body_parts_by_object ON body_parts (object);

-- Bodies on their way: `arrived` of `bytes` are safe. A small one collects in `content`. A complete one has its hash, and
-- in `head` and `tail` what its kind is found by. `taken_at` is when a document was made of it.
CREATE TABLE uploads (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    bytes INTEGER NOT NULL CHECK (bytes >= 0),
    arrived INTEGER NOT NULL CHECK (arrived BETWEEN 0 AND bytes),
    content BLOB,
    sha256 TEXT,
    head BLOB,
    tail BLOB,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    taken_at INTEGER
) STRICT;
CREATE INDEX uploads_by_end ON uploads (expires_at);
CREATE INDEX uploads_of_body ON uploads (owner, sha256) WHERE sha256 IS NOT NULL;
