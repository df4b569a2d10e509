package console

import (
	"context"
	"time"

	"github.com/relevo/relevo/events"
)

// nodesEvery is how often the living nodes are asked for.
const nodesEvery = 5 * time.Second

// nodes are the processes on the database, asked for now and then. It is for one
// goroutine.
type nodes struct {
	asked time.Time
	known []events.ConsoleNode
}

// list has this node first. When the database does not say, what was known stays.
func (n *nodes) list(s *Service, now time.Time) []events.ConsoleNode {
	if n.known != nil && now.Sub(n.asked) < nodesEvery && !now.Before(n.asked) {
		return n.known
	}
	ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
	defer cancel()
	ids, err := s.config.Store.NodesSeen(ctx)
	if err != nil && n.known != nil {
		return n.known
	}
	own := s.config.Setup.Node
	out := []events.ConsoleNode{{ID: own, Self: true}}
	for _, id := range ids {
		if id != own {
			out = append(out, events.ConsoleNode{ID: id})
		}
	}
	n.asked, n.known = now, out
	return out
}
