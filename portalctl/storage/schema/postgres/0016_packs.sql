-- Bodies that came together lie one behind the other in a pack, whose key is their `place`: each begins at its
-- `starts_at` there. A body with a place and no such beginning has that place to itself.
ALTER TABLE bodies ADD COLUMN starts_at BIGINT CHECK (starts_at IS NULL OR (starts_at >= 0 AND place IS NOT NULL));

-- Packs in which so many bytes are `dead`, since no row of `bodies` tells of them: they are to be written anew without.
CREATE TABLE packs_with_gaps (
    place TEXT COLLATE "C" PRIMARY KEY,
    dead BIGINT NOT NULL CHECK (dead >= 0)
);
