-- Bodies of files, found by their owner and SHA-256. A small one is in its row; a larger one is kept elsewhere, under the
-- key `place`. `idle_since` is when a sweep first found that nothing refers to it.
CREATE TABLE bodies (
    owner TEXT COLLATE "C" NOT NULL,
    sha256 TEXT COLLATE "C" NOT NULL,
    bytes BIGINT NOT NULL CHECK (bytes >= 0),
    content BYTEA,
    place TEXT COLLATE "C",
    idle_since BIGINT,
    PRIMARY KEY (owner, sha256),
    CHECK ((content IS NULL) <> (place IS NULL))
);
CREATE INDEX bodies_idle ON bodies (idle_since) WHERE idle_since IS NOT NULL;
CREATE INDEX bodies_by_place ON bodies (place) WHERE place IS NOT NULL;

-- The objects that a body consists of, in order, where it is kept in several.
CREATE TABLE body_parts (
    place TEXT COLLATE "C" NOT NULL,
    starts_at BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    object TEXT COLLATE "C" NOT NULL,
    sha256 TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (place, starts_at)
);
CREATE INDEX body_parts_by_object ON body_parts (object);

-- Bodies on their way: `arrived` of `bytes` are safe. A small one collects in `content`. A complete one has its hash, and
-- in `head` and `tail` what its kind is found by. `taken_at` is when a document was made of it.
CREATE TABLE uploads (
    id TEXT COLLATE "C" PRIMARY KEY,
    account_id TEXT COLLATE "C" NOT NULL,
    owner TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    bytes BIGINT NOT NULL CHECK (bytes >= 0),
    arrived BIGINT NOT NULL CHECK (arrived BETWEEN 0 AND bytes),
    content BYTEA,
    sha256 TEXT COLLATE "C",
    head BYTEA,
    tail BYTEA,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    taken_at BIGINT
);
CREATE INDEX uploads_by_end ON uploads (expires_at);
CREATE INDEX uploads_of_body ON uploads (owner, sha256) WHERE sha256 IS NOT NULL;
