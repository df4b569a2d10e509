package models

import "context"

// ClientNotFound is the message for an unknown client.
const ClientNotFound = "Cliente no encontrado"

// ClientByID returns the client with its creator. Code NotFound when there is none.
func (q Queries) ClientByID(ctx context.Context, id int64) (Client, error) {
	var c Client
	err := q.q(ctx).Preload("Creator").First(&c, id).Error
	return c, found(err, ClientNotFound)
}
