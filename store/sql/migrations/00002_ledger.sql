-- Words in braces are types that the two databases call differently, see
-- dialect.go. Money is text in SQLite, whose numbers are floats; the checks hold
-- there as well, since a text that begins with a minus sign is below '0'.

-- +goose Up
CREATE TABLE evenkeel_ledger (
    id        {number} PRIMARY KEY CHECK (id = 1), -- one row, which every writer locks
    accounts  {number} NOT NULL, -- how many there are: the id of the last
    sightings {number} NOT NULL, -- number of the last
    taken     {number} NOT NULL, -- number of the last that a round took up
    booked    {number} NOT NULL, -- Seq of the last decision
    payouts   {number} NOT NULL  -- Seq of the last payout decision
);
INSERT INTO evenkeel_ledger (id, accounts, sightings, taken, booked, payouts) VALUES (1, 0, 0, 0, 0, 0);

CREATE TABLE evenkeel_account (
    id        {number} PRIMARY KEY,
    name      {name}   NOT NULL UNIQUE, -- exchange/unit/user
    exchange  TEXT     NOT NULL,
    unit      TEXT     NOT NULL,
    user_key  TEXT     NOT NULL,
    address   TEXT     NOT NULL,
    signer    TEXT     NOT NULL,
    at_micros {number} NOT NULL
);
CREATE INDEX evenkeel_account_user ON evenkeel_account (user_key, exchange);

CREATE TABLE evenkeel_rebinding ( -- the last of each key
    exchange  TEXT     NOT NULL,
    user_key  TEXT     NOT NULL,
    address   TEXT     NOT NULL,
    signer    TEXT     NOT NULL,
    at_micros {number} NOT NULL,
    PRIMARY KEY (exchange, user_key)
);

CREATE TABLE evenkeel_balance ( -- what was credited is the sum of the three
    account {number} PRIMARY KEY,
    owed    {money}  NOT NULL CHECK (owed >= '0'),
    held    {money}  NOT NULL CHECK (held >= '0'), -- by payouts that are not sent
    paid    {money}  NOT NULL CHECK (paid >= '0')
);

CREATE TABLE evenkeel_proof ( -- the newest of each account
    account       {number} PRIMARY KEY,
    issued_micros {number} NOT NULL
);

CREATE TABLE evenkeel_submission (
    last        {number} PRIMARY KEY, -- number of its last sighting
    count       {number} NOT NULL CHECK (count > 0),
    account     {number} NOT NULL,
    seen_micros {number} NOT NULL,
    orders      TEXT     NOT NULL -- a line each
);
CREATE INDEX evenkeel_submission_account ON evenkeel_submission (account, last);

CREATE TABLE evenkeel_order ( -- how long each is known
    name         {name}   PRIMARY KEY, -- exchange/unit/side/id
    since_micros {number} NOT NULL,
    seen_micros  {number} NOT NULL -- last time, or up to an hour before
);
CREATE INDEX evenkeel_order_seen ON evenkeel_order (seen_micros);

CREATE TABLE evenkeel_round (
    number    {number} PRIMARY KEY,
    seq       {number} NOT NULL UNIQUE,
    at_micros {number} NOT NULL,
    taken     {number} NOT NULL, -- number of the last sighting that it or an earlier round took up
    orders    {number} NOT NULL,
    accounts  {number} NOT NULL,
    paid      BOOLEAN  NOT NULL, -- whether anybody was
    decision  BYTEA    NOT NULL  -- JSON, without its orders
);
CREATE INDEX evenkeel_round_at ON evenkeel_round (at_micros, taken);
CREATE INDEX evenkeel_round_taken ON evenkeel_round (taken, number);
CREATE INDEX evenkeel_round_paid ON evenkeel_round (number) WHERE paid;

CREATE TABLE evenkeel_credit (
    round    {number} NOT NULL,
    account  {number} NOT NULL,
    provided {money}  NOT NULL CHECK (provided >= '0'),
    reward   {money}  NOT NULL CHECK (reward >= '0'),
    PRIMARY KEY (round, account)
);

CREATE TABLE evenkeel_outcome (
    round    {number} NOT NULL,
    account  {number} NOT NULL,
    outcomes TEXT     NOT NULL, -- a line for each sighting
    PRIMARY KEY (round, account)
);

CREATE TABLE evenkeel_payout (
    seq            {number} PRIMARY KEY, -- of the decision that planned it
    id             TEXT     NOT NULL UNIQUE,
    phase          TEXT     NOT NULL,
    txid           TEXT     NOT NULL,
    planned_micros {number} NOT NULL,
    moved_micros   {number} NOT NULL,
    batch          BYTEA    NOT NULL -- JSON
);
