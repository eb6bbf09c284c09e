-- Which of the practice's people care for which client.
CREATE TABLE assignments (
    client_id TEXT COLLATE "C" NOT NULL REFERENCES clients (id),
    staff_id TEXT COLLATE "C" NOT NULL REFERENCES staff (id),
    assigned_at BIGINT NOT NULL,
    PRIMARY KEY (client_id, staff_id)
);
CREATE INDEX assignments_of_staff ON assignments (staff_id, client_id);

-- Conversations between a client and the practice. What a list shows stands here, so that none counts messages.
-- `quiet_since` is when staff last wrote, or opened it again, without an answer of the client since.
CREATE TABLE conversations (
    id TEXT COLLATE "C" PRIMARY KEY,
    client_id TEXT COLLATE "C" NOT NULL REFERENCES clients (id),
    staff_id TEXT COLLATE "C" NOT NULL REFERENCES staff (id),
    subject TEXT COLLATE "C" NOT NULL,
    started_by TEXT COLLATE "C" NOT NULL CHECK (started_by IN ('client', 'staff')),
    created_at BIGINT NOT NULL,
    message_count BIGINT NOT NULL,
    last_from TEXT COLLATE "C" NOT NULL,
    last_at BIGINT NOT NULL,
    quiet_since BIGINT,
    closed_at BIGINT
);
CREATE INDEX conversations_by_age ON conversations (last_at, id);
CREATE INDEX conversations_of_client ON conversations (client_id, last_at, id);

CREATE TABLE messages (
    conversation_id TEXT COLLATE "C" NOT NULL REFERENCES conversations (id),
    number BIGINT NOT NULL CHECK (number > 0),
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    sender_id TEXT COLLATE "C" NOT NULL,
    sender TEXT COLLATE "C" NOT NULL,
    from_client BIGINT NOT NULL CHECK (from_client IN (0, 1)),
    body TEXT COLLATE "C" NOT NULL,
    sent_at BIGINT NOT NULL,
    PRIMARY KEY (conversation_id, number)
);

CREATE TABLE message_documents (
    message_id TEXT COLLATE "C" NOT NULL REFERENCES messages (id),
    place BIGINT NOT NULL,
    document_id TEXT COLLATE "C" NOT NULL REFERENCES documents (id),
    PRIMARY KEY (message_id, place)
);
CREATE INDEX message_documents_of_document ON message_documents (document_id);

-- Who takes part, and how much of it each has not read. `last_at` repeats the conversation's, so that one person's list
-- is a stretch of one index.
CREATE TABLE conversation_readers (
    conversation_id TEXT COLLATE "C" NOT NULL REFERENCES conversations (id),
    person_id TEXT COLLATE "C" NOT NULL,
    unread BIGINT NOT NULL CHECK (unread >= 0),
    last_at BIGINT NOT NULL,
    PRIMARY KEY (conversation_id, person_id)
);
CREATE INDEX readers_by_age ON conversation_readers (person_id, last_at, conversation_id);
CREATE INDEX readers_behind ON conversation_readers (person_id, last_at, conversation_id) WHERE unread > 0;

-- What reached whom, counted for each person without a gap, and how much of it is unread in all their conversations.
CREATE TABLE inboxes (
    person_id TEXT COLLATE "C" PRIMARY KEY,
    arrived BIGINT NOT NULL,
    unread BIGINT NOT NULL
);
CREATE TABLE arrivals (
    person_id TEXT COLLATE "C" NOT NULL,
    place BIGINT NOT NULL,
    conversation_id TEXT COLLATE "C" NOT NULL REFERENCES conversations (id),
    number BIGINT NOT NULL,
    PRIMARY KEY (person_id, place)
);

-- One message to many clients: how far it is.
CREATE TABLE broadcasts (
    id TEXT COLLATE "C" PRIMARY KEY,
    staff_id TEXT COLLATE "C" NOT NULL REFERENCES staff (id),
    subject TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    clients BIGINT NOT NULL,
    sent BIGINT NOT NULL,
    reached TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE TABLE broadcast_documents (
    broadcast_id TEXT COLLATE "C" NOT NULL REFERENCES broadcasts (id),
    place BIGINT NOT NULL,
    document_id TEXT COLLATE "C" NOT NULL REFERENCES documents (id),
    PRIMARY KEY (broadcast_id, place)
);
