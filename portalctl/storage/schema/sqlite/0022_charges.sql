-- Money on its way for invoices: charges, and refunds of them. Each is written down before the payment provider is asked.
-- `intent` and `asked` tell for good which request it came from; `provider_id` is whose authorization a charge rests on.
CREATE TABLE movements (
    id TEXT PRIMARY KEY,
    invoice_id TEXT NOT NULL REFERENCES invoices (id),
    turn INTEGER NOT NULL CHECK (turn > 0),
    charge_id TEXT REFERENCES movements (id),
    client_id TEXT NOT NULL REFERENCES clients (id),
    method_id TEXT NOT NULL REFERENCES payment_methods (id),
    provider_id TEXT,
    gateway TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    state TEXT NOT NULL CHECK (state IN ('pending', 'succeeded', 'failed')),
    reference TEXT,
    code TEXT,
    message TEXT,
    made_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    settled_at INTEGER,
    intent TEXT UNIQUE,
    asked TEXT,
    UNIQUE (invoice_id, turn),
    CHECK ((state = 'pending') = (settled_at IS NULL)),
    CHECK ((state = 'failed') = (code IS NOT NULL)),
    CHECK (state <> 'succeeded' OR reference IS NOT NULL),
    CHECK ((intent IS NULL) = (asked IS NULL))
) STRICT;
CREATE UNIQUE INDEX one_movement_at_a_time ON movements (invoice_id) WHERE state = 'pending';
CREATE UNIQUE INDEX movements_by_reference ON movements (gateway, reference) WHERE reference IS NOT NULL;
CREATE INDEX movements_by_time ON movements (created_at, id);
CREATE INDEX movements_to_settle ON movements (created_at, id) WHERE state = 'pending';
CREATE INDEX refunds_of_charge ON movements (charge_id) WHERE charge_id IS NOT NULL;
CREATE INDEX receipts ON movements (settled_at, id) WHERE state = 'succeeded';
CREATE INDEX receipts_of_client ON movements (client_id, settled_at, id) WHERE state = 'succeeded';
