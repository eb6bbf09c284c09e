-- What clients owe. A draft has no number; the numbers of what was issued have no gap, whatever becomes of it.
-- `intent` is the hash of who asked for it with which idempotency key, and `asked` that of what was asked for.
CREATE TABLE invoices (
    id TEXT PRIMARY KEY,
    number INTEGER UNIQUE CHECK (number > 0),
    state TEXT NOT NULL CHECK (state IN ('draft', 'issued', 'partly_paid', 'paid', 'void', 'refunded')),
    client_id TEXT NOT NULL REFERENCES clients (id),
    provider_id TEXT REFERENCES staff (id),
    appointment_id TEXT REFERENCES appointments (id),
    reason TEXT CHECK (reason IN ('late_cancellation', 'no_show')),
    items TEXT NOT NULL,
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    tax_rate INTEGER NOT NULL CHECK (tax_rate BETWEEN 0 AND 10000),
    net INTEGER NOT NULL CHECK (net > 0),
    tax INTEGER NOT NULL CHECK (tax >= 0),
    paid INTEGER NOT NULL DEFAULT 0 CHECK (paid BETWEEN 0 AND net + tax),
    refunded INTEGER NOT NULL DEFAULT 0 CHECK (refunded BETWEEN 0 AND paid),
    due_on TEXT,
    document_id TEXT REFERENCES documents (id),
    created_by TEXT NOT NULL,
    intent TEXT UNIQUE,
    asked TEXT,
    created_at INTEGER NOT NULL,
    issued_at INTEGER,
    settled_at INTEGER,
    CHECK ((number IS NULL) = (issued_at IS NULL)),
    CHECK ((intent IS NULL) = (asked IS NULL)),
    CHECK (number IS NOT NULL OR state IN ('draft', 'void'))
) STRICT;
CREATE INDEX invoices_by_time ON invoices (created_at, id);
CREATE INDEX invoices_of_client ON invoices (client_id, created_at, id);
CREATE INDEX invoices_of_appointment ON invoices (appointment_id) WHERE appointment_id IS NOT NULL;
CREATE INDEX open_invoices ON invoices (created_at, id) WHERE state IN ('issued', 'partly_paid');
CREATE INDEX open_invoices_by_day ON invoices (due_on, id) WHERE state IN ('issued', 'partly_paid');
CREATE UNIQUE INDEX one_fee_for_each_reason ON invoices (appointment_id, reason)
    WHERE reason IS NOT NULL AND state <> 'void';

-- The last number that an invoice was given.
CREATE TABLE invoice_numbers (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    last INTEGER NOT NULL CHECK (last >= 0)
) STRICT;
INSERT INTO invoice_numbers (only_row, last) VALUES (1, 0);
