-- Where a slot is taken to stand by who takes its place, until its own client has confirmed something.

-- +goose Up

ALTER TABLE delivery_slots ADD COLUMN stands text NOT NULL DEFAULT '';
