-- People related to clients, who may be clients or staff themselves. `email` is where one was invited; who has an
-- account is known by it from then on, whatever address it has later.
CREATE TABLE related_people (
    id TEXT COLLATE "C" PRIMARY KEY,
    account_id TEXT COLLATE "C" UNIQUE REFERENCES accounts (id),
    name TEXT COLLATE "C" NOT NULL,
    email TEXT COLLATE "C" NOT NULL,
    timezone TEXT COLLATE "C",
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX one_related_person_per_address ON related_people (email) WHERE account_id IS NULL;

-- Who is related to a client, and what they may. What was taken away stays as a row, for the record.
CREATE TABLE relationships (
    id TEXT COLLATE "C" PRIMARY KEY,
    client_id TEXT COLLATE "C" NOT NULL REFERENCES clients (id),
    related_id TEXT COLLATE "C" NOT NULL REFERENCES related_people (id),
    name TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    portal_access BIGINT NOT NULL CHECK (portal_access IN (0, 1)),
    information_access BIGINT NOT NULL CHECK (information_access IN (0, 1)),
    emergency_contact BIGINT NOT NULL CHECK (emergency_contact IN (0, 1)),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    removed_at BIGINT
);
CREATE UNIQUE INDEX one_relationship_with_each ON relationships (client_id, related_id) WHERE removed_at IS NULL;
CREATE INDEX relationships_by_age ON relationships (created_at, id) WHERE removed_at IS NULL;
CREATE INDEX relationships_of_client ON relationships (client_id, created_at, id) WHERE removed_at IS NULL;
CREATE INDEX relationships_of_related ON relationships (related_id, created_at, id) WHERE removed_at IS NULL;

-- Invites as they were, and now for related people too; no table refers to this one.
CREATE TABLE invites_for_all (
    id TEXT COLLATE "C" PRIMARY KEY,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('client', 'staff', 'related')),
    person_id TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    email TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    redeemed_at BIGINT,
    revoked_at BIGINT
);
INSERT INTO invites_for_all (id, kind, person_id, name, email, created_at, expires_at, redeemed_at, revoked_at)
SELECT id, kind, person_id, name, email, created_at, expires_at, redeemed_at, revoked_at FROM invites;
DROP TABLE invites;
ALTER TABLE invites_for_all RENAME TO invites;
CREATE INDEX invites_by_age ON invites (created_at, id);
CREATE UNIQUE INDEX one_open_invite_per_address ON invites (email) WHERE redeemed_at IS NULL AND revoked_at IS NULL;
