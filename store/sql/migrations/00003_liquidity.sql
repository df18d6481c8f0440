-- What is one engine's has its key. Numbers count 1, 2, 3 ... per key.

-- +goose Up
CREATE TABLE evenkeel_entry ( -- one per journal record that the chronicle has
    key       {name}   NOT NULL,
    seq       {number} NOT NULL,
    at_micros {number} NOT NULL,
    ratios    {number} NOT NULL, -- numbers of the last up to here
    actions   {number} NOT NULL,
    postings  {number} NOT NULL,
    PRIMARY KEY (key, seq)
);
CREATE INDEX evenkeel_entry_at ON evenkeel_entry (key, at_micros, seq);

CREATE TABLE evenkeel_ratio (
    key    {name}   NOT NULL,
    number {number} NOT NULL,
    bank   {name}   NOT NULL,
    body   BYTEA    NOT NULL, -- JSON
    PRIMARY KEY (key, number)
);
CREATE INDEX evenkeel_ratio_bank ON evenkeel_ratio (key, bank, number);

CREATE TABLE evenkeel_action (
    key    {name}   NOT NULL,
    number {number} NOT NULL,
    id     {name}   NOT NULL,
    bank   {name}   NOT NULL,
    side   TEXT     NOT NULL,
    body   BYTEA    NOT NULL, -- JSON
    PRIMARY KEY (key, number),
    UNIQUE (id, key)
);
CREATE INDEX evenkeel_action_bank ON evenkeel_action (key, bank, number);

CREATE TABLE evenkeel_posting (
    key          {name}   NOT NULL,
    number       {number} NOT NULL,
    seq          {number} NOT NULL,
    at_micros    {number} NOT NULL,
    provider     TEXT     NOT NULL,
    bank         {name}   NOT NULL,
    transfer     TEXT     NOT NULL,
    from_account TEXT     NOT NULL,
    to_account   TEXT     NOT NULL,
    amount       {money}  NOT NULL CHECK (amount > '0'),
    PRIMARY KEY (key, number)
);
CREATE INDEX evenkeel_posting_bank ON evenkeel_posting (key, bank, number);

CREATE TABLE evenkeel_stress (
    key       {name}   NOT NULL,
    number    {number} NOT NULL,
    id        {name}   NOT NULL,
    bank      {name}   NOT NULL,
    at_micros {number} NOT NULL,
    body      BYTEA    NOT NULL, -- JSON
    PRIMARY KEY (key, number),
    UNIQUE (id, key)
);
CREATE INDEX evenkeel_stress_bank ON evenkeel_stress (key, bank, number);
CREATE INDEX evenkeel_stress_at ON evenkeel_stress (key, at_micros);

CREATE TABLE evenkeel_position ( -- the newest of each bank, by each source
    source    {name}   NOT NULL,
    bank      {name}   NOT NULL,
    at_micros {number} NOT NULL,
    body      BYTEA    NOT NULL, -- JSON
    PRIMARY KEY (source, bank)
);

CREATE TABLE evenkeel_settlement (
    id    {number} PRIMARY KEY CHECK (id = 1), -- one row, which every writer locks
    moves {number} NOT NULL, -- number of the last
    total {money}  NOT NULL CHECK (total = '0') -- of all holdings
);
INSERT INTO evenkeel_settlement (id, moves, total) VALUES (1, 0, '0');

CREATE TABLE evenkeel_holding ( -- the sum of an account's moves
    account {name}  PRIMARY KEY, -- outside, provider/its ID or bank/its name
    amount  {money} NOT NULL CHECK (account NOT LIKE 'provider/%' OR amount >= '0')
);

CREATE TABLE evenkeel_move (
    number       {number} PRIMARY KEY,
    provider     {name}   NOT NULL,
    kind         TEXT     NOT NULL, -- transfer or deposit
    id           {name}   NOT NULL,
    done         BOOLEAN  NOT NULL, -- or else it is void
    from_account {name}   NOT NULL, -- empty if it was void before it was known
    to_account   {name}   NOT NULL,
    amount       {money}  NOT NULL CHECK (amount >= '0'),
    interest     {money}  NOT NULL CHECK (interest >= '0'), -- of that
    note         TEXT     NOT NULL, -- why it is void
    UNIQUE (id, provider, kind)
);

CREATE TABLE evenkeel_provider (
    id          {name}  PRIMARY KEY,
    contributed {money} NOT NULL CHECK (contributed >= '0'),
    redeemed    {money} NOT NULL CHECK (redeemed >= '0'),
    min_amount  {money} NOT NULL CHECK (min_amount >= '0'), -- of one transfer
    max_amount  {money} NOT NULL CHECK (max_amount >= '0'), -- 0 is no limit
    down        BOOLEAN NOT NULL
);

CREATE TABLE evenkeel_request (
    actor     {name}   NOT NULL,
    key       {name}   NOT NULL,
    hash      BYTEA    NOT NULL, -- of what was asked
    at_micros {number} NOT NULL, -- when it was begun, last
    status    {number} NOT NULL, -- of the answer; 0 while there is none
    header    BYTEA    NOT NULL, -- JSON
    body      BYTEA    NOT NULL,
    PRIMARY KEY (actor, key)
);
CREATE INDEX evenkeel_request_at ON evenkeel_request (at_micros);
