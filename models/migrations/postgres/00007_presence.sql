-- Who is at the desk: one row per user and run of a server, with the number of open sockets. A row
-- with sockets counts while its node is seen (delivery_nodes); one without says when the user left.
-- Instants are Unix milliseconds (UTC), left_at is 0 while there are sockets. Rows name no foreign
-- key: a group of them is written together, and a user who is deleted meanwhile must not stop it.

-- +goose Up

CREATE TABLE presence (
    user_id integer NOT NULL,
    node varchar(32) NOT NULL,
    sockets integer NOT NULL,
    since bigint NOT NULL,
    left_at bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (user_id, node)
);
CREATE INDEX ix_presence_node ON presence (node);
