-- The state of the trial gateway, which moves no money: what a payment provider would keep, apart from the books.
CREATE TABLE trial_cards (
    reference TEXT PRIMARY KEY,
    attach_key TEXT NOT NULL UNIQUE,
    customer TEXT NOT NULL,
    client_id TEXT NOT NULL,
    brand TEXT NOT NULL,
    last4 TEXT NOT NULL CHECK (length(last4) = 4),
    exp_month INTEGER NOT NULL CHECK (exp_month BETWEEN 1 AND 12),
    exp_year INTEGER NOT NULL,
    behaviour TEXT NOT NULL
) STRICT;

CREATE TABLE trial_movements (
    reference TEXT PRIMARY KEY,
    movement_key TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL,
    is_refund INTEGER NOT NULL CHECK (is_refund IN (0, 1)),
    amount INTEGER NOT NULL CHECK (amount >= 0),
    currency TEXT NOT NULL,
    standing TEXT NOT NULL CHECK (standing IN ('prepared', 'pending', 'succeeded', 'failed')),
    code TEXT,
    message TEXT,
    begun_at INTEGER NOT NULL
) STRICT;
CREATE INDEX trial_movements_by_source ON trial_movements (source) WHERE is_refund = 1;
CREATE INDEX trial_movements_by_time ON trial_movements (begun_at, reference);

-- Events of payment providers, so that each is handled once. One that is claimed and not handled is somebody's at work,
-- or was left by one who did not finish.
CREATE TABLE gateway_events (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    claimed_at INTEGER NOT NULL,
    handled_at INTEGER
) STRICT;
CREATE INDEX gateway_events_by_time ON gateway_events (claimed_at);
