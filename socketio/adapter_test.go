package socketio_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/relevo/relevo/socketio"
)

// cluster is an adapter over several servers of one process: what an adapter over a network has to do.
type cluster struct {
	mu    sync.Mutex
	nodes map[string][]*socketio.Local // by namespace
}

type node struct {
	*socketio.Local
	cluster *cluster
}

func (c *cluster) adapter(local *socketio.Local) socketio.Adapter {
	c.mu.Lock()
	defer c.mu.Unlock()
	name := local.Namespace().Name()
	c.nodes[name] = append(c.nodes[name], local)
	return &node{Local: local, cluster: c}
}

func (n *node) all() []*socketio.Local {
	n.cluster.mu.Lock()
	defer n.cluster.mu.Unlock()
	return slices.Clone(n.cluster.nodes[n.Namespace().Name()])
}

func (n *node) Broadcast(t socketio.Target, p socketio.Encoded) {
	for _, l := range n.all() {
		l.Broadcast(t, p)
	}
}

func (n *node) BroadcastWithAck(ctx context.Context, t socketio.Target, p socketio.Encoded) (socketio.Answers, error) {
	var sum socketio.Answers
	for _, l := range n.all() {
		a, err := l.BroadcastWithAck(ctx, t, p)
		sum.Got, sum.Missing = append(sum.Got, a.Got...), append(sum.Missing, a.Missing...)
		if err != nil {
			return sum, err
		}
	}
	return sum, nil
}

func (n *node) Join(t socketio.Target, rooms []string) {
	for _, l := range n.all() {
		l.Join(t, rooms)
	}
}

func (n *node) Leave(t socketio.Target, rooms []string) {
	for _, l := range n.all() {
		l.Leave(t, rooms)
	}
}

func (n *node) Disconnect(t socketio.Target, closeTransport bool) {
	for _, l := range n.all() {
		l.Disconnect(t, closeTransport)
	}
}

func (n *node) FetchSockets(ctx context.Context, t socketio.Target) ([]socketio.SocketInfo, error) {
	var infos []socketio.SocketInfo
	for _, l := range n.all() {
		more, err := l.FetchSockets(ctx, t)
		if err != nil {
			return nil, err
		}
		infos = append(infos, more...)
	}
	return infos, nil
}

func TestAdapterOverSeveralServers(t *testing.T) {
	c := &cluster{nodes: map[string][]*socketio.Local{}}
	one, urlOne := serve(t, socketio.Options{Adapter: c.adapter})
	two, urlTwo := serve(t, socketio.Options{Adapter: c.adapter})
	fence(one.Of("/"))
	fence(two.Of("/"))
	a, _ := join(t, urlOne, "/", "")
	b, idB := join(t, urlTwo, "/", "")
	one.Of("/").All().Join("r")
	one.Of("/").To(idB).Join("only b")
	if err := two.Of("/").To("r").Emit("x", []byte{1}); err != nil {
		t.Fatal(err)
	}
	for _, w := range []*wire{a, b} {
		w.want(`451-["x",{"_placeholder":true,"num":0}]`, "\x01")
	}
	for _, w := range []*wire{a, b} {
		go func() {
			m := w.next().data
			w.send("43" + m[2:len(m)-len(`["q"]`)] + "[1]")
		}()
	}
	if answers, err := two.Of("/").To("r").EmitWithAck(context.Background(), "q"); err != nil || len(answers.Got) != 2 {
		t.Errorf("answers %+v %v", answers, err)
	}
	one.Of("/").To("only b").Leave("r")
	_ = one.Of("/").To("r").Emit("y")
	a.want(`42["y"]`)
	b.wantNothing()
	if infos, err := one.Of("/").All().FetchSockets(context.Background()); err != nil || len(infos) != 2 {
		t.Errorf("sockets %v %v", infos, err)
	}
	one.Of("/").To(idB).Disconnect(false)
	b.want("41")
	a.wantNothing()
}
