-- A large portfolio is spread over ranges of ISINs, each a table of its own in
-- PostgreSQL. The four in the middle were of equal size among the bonds that were
-- traded on the NSE in one day; a host with another portfolio splits others.

-- +goose Up
CREATE TABLE evenkeel_instrument ( -- the newest of each part of each instrument
    isin      {name}   NOT NULL,
    part      {name}   NOT NULL, -- book, auction, maker, bond or facts
    source    TEXT     NOT NULL, -- who says so
    at_micros {number} NOT NULL, -- when it was so
    body      BYTEA    NOT NULL, -- JSON
    PRIMARY KEY (isin, part)
)
{postgres} PARTITION BY RANGE (isin)
;
{postgres} CREATE TABLE evenkeel_instrument_1 PARTITION OF evenkeel_instrument FOR VALUES FROM (MINVALUE) TO ('IN');
{postgres} CREATE TABLE evenkeel_instrument_2 PARTITION OF evenkeel_instrument FOR VALUES FROM ('IN')     TO ('INE1');
{postgres} CREATE TABLE evenkeel_instrument_3 PARTITION OF evenkeel_instrument FOR VALUES FROM ('INE1')   TO ('INE3');
{postgres} CREATE TABLE evenkeel_instrument_4 PARTITION OF evenkeel_instrument FOR VALUES FROM ('INE3')   TO ('INE6');
{postgres} CREATE TABLE evenkeel_instrument_5 PARTITION OF evenkeel_instrument FOR VALUES FROM ('INE6')   TO ('IO');
{postgres} CREATE TABLE evenkeel_instrument_6 PARTITION OF evenkeel_instrument FOR VALUES FROM ('IO')     TO ('US');
{postgres} CREATE TABLE evenkeel_instrument_7 PARTITION OF evenkeel_instrument FOR VALUES FROM ('US')     TO (MAXVALUE);

CREATE TABLE evenkeel_sale ( -- what became of each
    isin      {name}   NOT NULL,
    id        {name}   NOT NULL,
    source    TEXT     NOT NULL, -- who says so
    at_micros {number} NOT NULL, -- of the prediction
    body      BYTEA    NOT NULL, -- JSON
    PRIMARY KEY (isin, id)
)
{postgres} PARTITION BY RANGE (isin)
;
{postgres} CREATE TABLE evenkeel_sale_1 PARTITION OF evenkeel_sale FOR VALUES FROM (MINVALUE) TO ('IN');
{postgres} CREATE TABLE evenkeel_sale_2 PARTITION OF evenkeel_sale FOR VALUES FROM ('IN')     TO ('INE1');
{postgres} CREATE TABLE evenkeel_sale_3 PARTITION OF evenkeel_sale FOR VALUES FROM ('INE1')   TO ('INE3');
{postgres} CREATE TABLE evenkeel_sale_4 PARTITION OF evenkeel_sale FOR VALUES FROM ('INE3')   TO ('INE6');
{postgres} CREATE TABLE evenkeel_sale_5 PARTITION OF evenkeel_sale FOR VALUES FROM ('INE6')   TO ('IO');
{postgres} CREATE TABLE evenkeel_sale_6 PARTITION OF evenkeel_sale FOR VALUES FROM ('IO')     TO ('US');
{postgres} CREATE TABLE evenkeel_sale_7 PARTITION OF evenkeel_sale FOR VALUES FROM ('US')     TO (MAXVALUE);
CREATE INDEX evenkeel_sale_at ON evenkeel_sale (isin, at_micros, id);
