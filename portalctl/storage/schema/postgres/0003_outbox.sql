-- Letters of one state are listed, and old ones are forgotten, at the same cost however many there are.
CREATE INDEX outbox_waiting ON outbox (created_at, id) WHERE state = 'waiting';
CREATE INDEX outbox_of_state ON outbox (state, created_at, id) WHERE state <> 'waiting';
CREATE INDEX outbox_settled ON outbox (settled_at) WHERE state <> 'waiting';
