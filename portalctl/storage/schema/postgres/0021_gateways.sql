-- The state of the trial gateway, which moves no money: what a payment provider would keep, apart from the books.
CREATE TABLE trial_cards (
    reference TEXT COLLATE "C" PRIMARY KEY,
    attach_key TEXT COLLATE "C" NOT NULL UNIQUE,
    customer TEXT COLLATE "C" NOT NULL,
    client_id TEXT COLLATE "C" NOT NULL,
    brand TEXT COLLATE "C" NOT NULL,
    last4 TEXT COLLATE "C" NOT NULL CHECK (length(last4) = 4),
    exp_month BIGINT NOT NULL CHECK (exp_month BETWEEN 1 AND 12),
    exp_year BIGINT NOT NULL,
    behaviour TEXT COLLATE "C" NOT NULL
);

CREATE TABLE trial_movements (
    reference TEXT COLLATE "C" PRIMARY KEY,
    movement_key TEXT COLLATE "C" NOT NULL UNIQUE,
    source TEXT COLLATE "C" NOT NULL,
    is_refund BIGINT NOT NULL CHECK (is_refund IN (0, 1)),
    amount BIGINT NOT NULL CHECK (amount >= 0),
    currency TEXT COLLATE "C" NOT NULL,
    standing TEXT COLLATE "C" NOT NULL CHECK (standing IN ('prepared', 'pending', 'succeeded', 'failed')),
    code TEXT COLLATE "C",
    message TEXT COLLATE "C",
    begun_at BIGINT NOT NULL
);
CREATE INDEX trial_movements_by_source ON trial_movements (source) WHERE is_refund = 1;
CREATE INDEX trial_movements_by_time ON trial_movements (begun_at, reference);

-- Events of payment providers, so that each is handled once. One that is claimed and not handled is somebody's at work,
-- or was left by one who did not finish.
CREATE TABLE gateway_events (
    id TEXT COLLATE "C" PRIMARY KEY,
    kind TEXT COLLATE "C" NOT NULL,
    claimed_at BIGINT NOT NULL,
    handled_at BIGINT
);
CREATE INDEX gateway_events_by_time ON gateway_events (claimed_at);
