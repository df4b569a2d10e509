package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
)

// maxPayloadInput bounds what is read from standard input.
const maxPayloadInput = events.MaxPublishPayload + 1

func emitCommand(c *cli) *cobra.Command {
	var payload, entity string
	var rooms []string
	cmd := &cobra.Command{Use: "emit EVENT", Short: "Record an event in the database; a running server finds and delivers it", Args: words("EVENT"), RunE: func(cmd *cobra.Command, args []string) error {
		return c.withDesk(cmd.Context(), func(ctx context.Context, store *models.Store) error {
			p := events.Publication{Event: args[0], Payload: json.RawMessage(payload), Rooms: rooms, Entity: entity}
			if payload == "-" {
				b, err := io.ReadAll(io.LimitReader(c.in, maxPayloadInput))
				if err != nil {
					return fmt.Errorf("read payload: %w", err)
				}
				p.Payload = b
			}
			record, err := events.Check(p, events.Unlimited())
			if err != nil {
				return err
			}
			// The process that delivers is another one, and it reads only what is stored.
			record.Latest = false
			if err := store.Tx(ctx, func(tx *models.Tx) error { return tx.Record(record) }); err != nil {
				return err
			}
			_, err = fmt.Fprintln(c.out, record.ID)
			return err
		})
	}}
	flags := cmd.Flags()
	flags.StringVar(&payload, "payload", "{}", "the event's argument as JSON; - reads it from standard input")
	flags.StringArrayVar(&rooms, "room", nil, "room that gets it, may be repeated; needed where the event's row does not name its rooms")
	flags.StringVar(&entity, "entity", "", "what the event is about, as in operation/17")
	return cmd
}
