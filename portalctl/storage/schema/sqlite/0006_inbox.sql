-- Which of the practice's people care for which client.
CREATE TABLE assignments (
    client_id TEXT NOT NULL REFERENCES clients (id),
    staff_id TEXT NOT NULL REFERENCES staff (id),
    assigned_at INTEGER NOT NULL,
    PRIMARY KEY (client_id, staff_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX assignments_of_staff ON assignments (staff_id, client_id);

-- Conversations between a client and the practice. What a list shows stands here, so that none counts messages.
-- `quiet_since` is when staff last wrote, or opened it again, without an answer of the client since.
CREATE TABLE conversations (
    id TEXT PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES clients (id),
    staff_id TEXT NOT NULL REFERENCES staff (id),
    subject TEXT NOT NULL,
    started_by TEXT NOT NULL CHECK (started_by IN ('client', 'staff')),
    created_at INTEGER NOT NULL,
    message_count INTEGER NOT NULL,
    last_from TEXT NOT NULL,
    last_at INTEGER NOT NULL,
    quiet_since INTEGER,
    closed_at INTEGER
) STRICT;
CREATE INDEX conversations_by_age ON conversations (last_at, id);
CREATE INDEX conversations_of_client ON conversations (client_id, last_at, id);

CREATE TABLE messages (
    conversation_id TEXT NOT NULL REFERENCES conversations (id),
    number INTEGER NOT NULL CHECK (number > 0),
    id TEXT NOT NULL UNIQUE,
    sender_id TEXT NOT NULL,
    sender TEXT NOT NULL,
    from_client INTEGER NOT NULL CHECK (from_client IN (0, 1)),
    body TEXT NOT NULL,
    sent_at INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, number)
) STRICT;

CREATE TABLE message_documents (
    message_id TEXT NOT NULL REFERENCES messages (id),
    place INTEGER NOT NULL,
    document_id TEXT NOT NULL REFERENCES documents (id),
    PRIMARY KEY (message_id, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX message_documents_of_document ON message_documents (document_id);

-- Who takes part, and how much of it each has not read. `last_at` repeats the conversation's, so that one person's list
-- is a stretch of one index.
CREATE TABLE conversation_readers (
    conversation_id TEXT NOT NULL REFERENCES conversations (id),
    person_id TEXT NOT NULL,
    unread INTEGER NOT NULL CHECK (unread >= 0),
    last_at INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, person_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX readers_by_age ON conversation_readers (person_id, last_at, conversation_id);
CREATE INDEX readers_behind ON conversation_readers (person_id, last_at, conversation_id) WHERE unread > 0;

-- What reached whom, counted for each person without a gap, and how much of it is unread in all their conversations.
CREATE TABLE inboxes (
    person_id TEXT PRIMARY KEY,
    arrived INTEGER NOT NULL,
    unread INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE arrivals (
    person_id TEXT NOT NULL,
    place INTEGER NOT NULL,
    conversation_id TEXT NOT NULL REFERENCES conversations (id),
    number INTEGER NOT NULL,
    PRIMARY KEY (person_id, place)
) STRICT, WITHOUT ROWID;

-- One message to many clients: how far it is.
CREATE TABLE broadcasts (
    id TEXT PRIMARY KEY,
    staff_id TEXT NOT NULL REFERENCES staff (id),
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    clients INTEGER NOT NULL,
    sent INTEGER NOT NULL,
    reached TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE TABLE broadcast_documents (
    broadcast_id TEXT NOT NULL REFERENCES broadcasts (id),
    place INTEGER NOT NULL,
    document_id TEXT NOT NULL REFERENCES documents (id),
    PRIMARY KEY (broadcast_id, place)
) STRICT, WITHOUT ROWID;
