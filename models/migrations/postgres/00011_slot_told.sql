-- Why the socket of a slot was told to load everything again, until its client has confirmed that it was.

-- +goose Up

ALTER TABLE delivery_slots ADD COLUMN told varchar(32) NOT NULL DEFAULT '';
