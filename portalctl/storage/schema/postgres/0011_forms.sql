-- Forms: questionnaires as they were imported, and what clients who were given one have answered.
CREATE TABLE forms (
    id TEXT COLLATE "C" PRIMARY KEY,
    title TEXT COLLATE "C" NOT NULL,
    url TEXT COLLATE "C",
    edition TEXT COLLATE "C",
    questions BIGINT NOT NULL,
    signature BIGINT NOT NULL CHECK (signature IN (0, 1)),
    scored BIGINT NOT NULL CHECK (scored IN (0, 1)),
    notes TEXT COLLATE "C" NOT NULL,
    questionnaire TEXT COLLATE "C" NOT NULL,
    sha256 TEXT COLLATE "C" NOT NULL UNIQUE,
    imported_at BIGINT NOT NULL,
    imported_by TEXT COLLATE "C" NOT NULL
);
CREATE INDEX forms_by_age ON forms (imported_at, id);
CREATE INDEX forms_of_title ON forms (title, id);

-- What stands in a document of kind form: `items` are the answers so far, `response` is what was handed in.
CREATE TABLE form_responses (
    document_id TEXT COLLATE "C" PRIMARY KEY REFERENCES documents (id),
    form_id TEXT COLLATE "C" NOT NULL REFERENCES forms (id),
    client_id TEXT COLLATE "C" NOT NULL REFERENCES clients (id),
    given_at BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    items TEXT COLLATE "C",
    answered BIGINT NOT NULL,
    response TEXT COLLATE "C",
    completed_at BIGINT,
    CHECK ((response IS NULL) = (completed_at IS NULL))
);
CREATE INDEX form_responses_by_age ON form_responses (given_at, document_id);
CREATE INDEX form_responses_of_client ON form_responses (client_id, given_at, document_id);
CREATE INDEX form_responses_of_form ON form_responses (form_id);
