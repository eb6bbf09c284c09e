-- Accounts that their owners deleted. The row in `accounts` stays, since others refer to it, under a name that is no
-- address and without a password. Whoever asks again in the session that deleted it is answered the same.
CREATE TABLE deleted_accounts (
    account_id TEXT COLLATE "C" PRIMARY KEY REFERENCES accounts (id),
    token_hash TEXT COLLATE "C" NOT NULL UNIQUE,
    report TEXT COLLATE "C" NOT NULL,
    deleted_at BIGINT NOT NULL
);

-- When a client last looked at their dashboard: what came later is new.
CREATE TABLE dashboard_looks (
    client_id TEXT COLLATE "C" PRIMARY KEY REFERENCES clients (id),
    looked_at BIGINT NOT NULL
);
