-- Forms: questionnaires as they were imported, and what clients who were given one have answered.
CREATE TABLE forms (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    url TEXT,
    edition TEXT,
    questions INTEGER NOT NULL,
    signature INTEGER NOT NULL CHECK (signature IN (0, 1)),
    scored INTEGER NOT NULL CHECK (scored IN (0, 1)),
    notes TEXT NOT NULL,
    questionnaire TEXT NOT NULL,
    sha256 TEXT NOT NULL UNIQUE,
    imported_at INTEGER NOT NULL,
    imported_by TEXT NOT NULL
) STRICT;
CREATE INDEX forms_by_age ON forms (imported_at, id);
CREATE INDEX forms_of_title ON forms (title, id);

-- What stands in a document of kind form: `items` are the answers so far, `response` is what was handed in.
CREATE TABLE form_responses (
    document_id TEXT PRIMARY KEY REFERENCES documents (id),
    form_id TEXT NOT NULL REFERENCES forms (id),
    client_id TEXT NOT NULL REFERENCES clients (id),
    given_at INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    items TEXT,
    answered INTEGER NOT NULL,
    response TEXT,
    completed_at INTEGER,
    CHECK ((response IS NULL) = (completed_at IS NULL))
) STRICT;
CREATE INDEX form_responses_by_age ON form_responses (given_at, document_id);
CREATE INDEX form_responses_of_client ON form_responses (client_id, given_at, document_id);
CREATE INDEX form_responses_of_form ON form_responses (form_id);
