-- Cards that a payment provider keeps for clients: what it calls them, and what may be shown of them. Never a number.
CREATE TABLE payment_methods (
    id TEXT PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES clients (id),
    gateway TEXT NOT NULL,
    reference TEXT NOT NULL,
    customer TEXT NOT NULL,
    brand TEXT NOT NULL,
    last4 TEXT NOT NULL CHECK (length(last4) = 4),
    exp_month INTEGER NOT NULL CHECK (exp_month BETWEEN 1 AND 12),
    exp_year INTEGER NOT NULL CHECK (exp_year BETWEEN 2000 AND 2999),
    country TEXT CHECK (length(country) = 2),
    is_default INTEGER NOT NULL CHECK (is_default IN (0, 1)),
    created_at INTEGER NOT NULL,
    removed_at INTEGER,
    detached_at INTEGER,
    CHECK (removed_at IS NULL OR is_default = 0)
) STRICT;
CREATE INDEX payment_methods_of_client ON payment_methods (client_id, created_at, id);
CREATE UNIQUE INDEX one_default_for_each_client ON payment_methods (client_id) WHERE is_default = 1;
CREATE UNIQUE INDEX payment_methods_by_reference ON payment_methods (gateway, reference) WHERE removed_at IS NULL;
CREATE INDEX payment_methods_to_detach ON payment_methods (removed_at) WHERE removed_at IS NOT NULL AND detached_at IS NULL;

-- Who may charge a method: a practitioner, or 'practice'. `until` is a day of the practice's zone.
CREATE TABLE payment_authorizations (
    method_id TEXT NOT NULL REFERENCES payment_methods (id),
    provider_id TEXT NOT NULL,
    limit_amount INTEGER CHECK (limit_amount >= 0),
    limit_currency TEXT CHECK (length(limit_currency) = 3),
    until TEXT,
    since INTEGER NOT NULL,
    PRIMARY KEY (method_id, provider_id),
    CHECK ((limit_amount IS NULL) = (limit_currency IS NULL))
) STRICT, WITHOUT ROWID;

-- Cards on their way through the provider's own page; `wanted` is what is to be true of the method once it is there.
CREATE TABLE payment_setups (
    id TEXT PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES clients (id),
    gateway TEXT NOT NULL,
    reference TEXT NOT NULL,
    url TEXT NOT NULL,
    wanted TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    method_id TEXT REFERENCES payment_methods (id)
) STRICT;
CREATE INDEX payment_setups_of_client ON payment_setups (client_id, id);
CREATE UNIQUE INDEX payment_setups_by_reference ON payment_setups (gateway, reference);
