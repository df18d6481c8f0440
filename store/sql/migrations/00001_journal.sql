-- The same statements run on SQLite and PostgreSQL. SQLite knows no BYTEA, but
-- keeps bytes as they are in a column of any type.

-- +goose Up
CREATE TABLE evenkeel_journal (
    key       TEXT   NOT NULL,
    seq       BIGINT NOT NULL,
    at_micros BIGINT NOT NULL, -- since 1970, UTC
    engine    TEXT   NOT NULL,
    config    BYTEA  NOT NULL,
    state     BYTEA  NOT NULL,
    seen      BYTEA  NOT NULL,
    decision  BYTEA  NOT NULL,
    prev      BYTEA  NOT NULL,
    hash      BYTEA  NOT NULL,
    PRIMARY KEY (key, seq)
);
CREATE INDEX evenkeel_journal_at ON evenkeel_journal (key, at_micros, seq);

CREATE TABLE evenkeel_inbox (
    key  TEXT   NOT NULL,
    seq  BIGINT NOT NULL,
    id   TEXT   NOT NULL,
    body BYTEA  NOT NULL,
    PRIMARY KEY (key, seq),
    UNIQUE (key, id)
);

CREATE TABLE evenkeel_anchor (
    key  TEXT   NOT NULL,
    nth  BIGINT NOT NULL, -- 1, 2, 3 ... per key, in the order of publication
    seq  BIGINT NOT NULL,
    hash BYTEA  NOT NULL,
    PRIMARY KEY (key, nth)
);
