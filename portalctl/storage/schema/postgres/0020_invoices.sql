-- What clients owe. A draft has no number; the numbers of what was issued have no gap, whatever becomes of it.
-- `intent` is the hash of who asked for it with which idempotency key, and `asked` that of what was asked for.
CREATE TABLE invoices (
    id TEXT COLLATE "C" PRIMARY KEY,
    number BIGINT UNIQUE CHECK (number > 0),
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('draft', 'issued', 'partly_paid', 'paid', 'void', 'refunded')),
    client_id TEXT COLLATE "C" NOT NULL REFERENCES clients (id),
    provider_id TEXT COLLATE "C" REFERENCES staff (id),
    appointment_id TEXT COLLATE "C" REFERENCES appointments (id),
    reason TEXT COLLATE "C" CHECK (reason IN ('late_cancellation', 'no_show')),
    items TEXT COLLATE "C" NOT NULL,
    currency TEXT COLLATE "C" NOT NULL CHECK (length(currency) = 3),
    tax_rate BIGINT NOT NULL CHECK (tax_rate BETWEEN 0 AND 10000),
    net BIGINT NOT NULL CHECK (net > 0),
    tax BIGINT NOT NULL CHECK (tax >= 0),
    paid BIGINT NOT NULL DEFAULT 0 CHECK (paid BETWEEN 0 AND net + tax),
    refunded BIGINT NOT NULL DEFAULT 0 CHECK (refunded BETWEEN 0 AND paid),
    due_on TEXT COLLATE "C",
    document_id TEXT COLLATE "C" REFERENCES documents (id),
    created_by TEXT COLLATE "C" NOT NULL,
    intent TEXT COLLATE "C" UNIQUE,
    asked TEXT COLLATE "C",
    created_at BIGINT NOT NULL,
    issued_at BIGINT,
    settled_at BIGINT,
    CHECK ((number IS NULL) = (issued_at IS NULL)),
    CHECK ((intent IS NULL) = (asked IS NULL)),
    CHECK (number IS NOT NULL OR state IN ('draft', 'void'))
);
CREATE INDEX invoices_by_time ON invoices (created_at, id);
CREATE INDEX invoices_of_client ON invoices (client_id, created_at, id);
CREATE INDEX invoices_of_appointment ON invoices (appointment_id) WHERE appointment_id IS NOT NULL;
CREATE INDEX open_invoices ON invoices (created_at, id) WHERE state IN ('issued', 'partly_paid');
CREATE INDEX open_invoices_by_day ON invoices (due_on, id) WHERE state IN ('issued', 'partly_paid');
CREATE UNIQUE INDEX one_fee_for_each_reason ON invoices (appointment_id, reason)
    WHERE reason IS NOT NULL AND state <> 'void';

-- The last number that an invoice was given.
CREATE TABLE invoice_numbers (
    only_row BIGINT PRIMARY KEY CHECK (only_row = 1),
    last BIGINT NOT NULL CHECK (last >= 0)
);
INSERT INTO invoice_numbers (only_row, last) VALUES (1, 0);
