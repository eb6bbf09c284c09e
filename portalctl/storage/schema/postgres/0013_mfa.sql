-- The second factor of an account (RFC 6238): pending until its first code has come. The secret is sealed with the
-- portal's key and bound to its account; `last_step` is the latest 30 seconds whose code was taken, and never goes back.
-- `failures` are the wrong codes since one was right, or since a rest, and `failed_at` is the last one's moment.
CREATE TABLE second_factors (
    account_id TEXT COLLATE "C" PRIMARY KEY REFERENCES accounts (id),
    sealed_secret TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    verified_at BIGINT,
    last_step BIGINT NOT NULL DEFAULT -1,
    failures BIGINT NOT NULL DEFAULT 0,
    failed_at BIGINT NOT NULL DEFAULT 0
);

-- Codes for whoever has lost the factor: each works once. They are known by their SHA-256 only.
CREATE TABLE recovery_codes (
    code_hash TEXT COLLATE "C" PRIMARY KEY,
    account_id TEXT COLLATE "C" NOT NULL REFERENCES accounts (id)
);
CREATE INDEX recovery_codes_of_account ON recovery_codes (account_id);
