-- Counts that nobody needs any more are found without a walk through those of everybody who tries.
CREATE INDEX throttles_by_age ON throttles (failed_at);
