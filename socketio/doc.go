// Package socketio is a Socket.IO server: protocol revision 5, which socket.io-client 3 and 4 speak, over Engine.IO
// protocol 4 (package engineio) with HTTP long-polling and WebSocket.
//
//	srv := socketio.New(socketio.Options{})
//	srv.Of("/").OnConnect(func(s *socketio.Socket) {
//		s.Join("news")
//		s.On("say", func(e *socketio.Event) {
//			var text string
//			if err := e.Bind(&text); err != nil {
//				return
//			}
//			_ = s.To("news").Emit("said", text)
//			_ = e.Ack("ok")
//		})
//	})
//	http.Handle("/socket.io/", srv)
//
// # Sockets, rooms, broadcasts
//
// A connection joins namespaces; each gives it a Socket. A Namespace groups sockets in rooms, and a Broadcast means
// the union of rooms without others: one emit is one copy for each socket, however many of the rooms it is in.
// Naming no room means nobody; everybody is spelled All, or Emit on the namespace itself.
//
//	srv.Of("/").To("admins", "user_7").Except("muted").Emit("alarm", 3)
//
// Emitting never waits for a client and never fails because of one. A client that does not take what is sent to it
// is disconnected when its queue outgrows engineio.Options.MaxQueueBytes, with the reason "slow consumer"; Volatile
// and Latest are the gentler ways for packets that may be lost or replaced.
//
// # Order and concurrency
//
// The handlers of one socket run one at a time, in the order in which the client sent; those of different sockets
// run in parallel. A socket with nothing to do has no goroutine here. A handler may block: the client's further
// events wait, up to Options.MaxInbox, and then TCP makes the client wait. Acknowledgements and disconnects
// pass it while there is room in the inbox, so a handler may wait for its own client with EmitWithAck; give the wait a
// deadline. A panic costs the packet, no more.
//
// # Who may come in
//
// engineio.Options.Allow judges the HTTP handshake, Options.Identify keeps what it found, and Namespace.Use judges
// the CONNECT of each namespace:
//
//	ns.Use(func(ctx context.Context, s *socketio.Socket) error {
//		user, err := lookUp(ctx, s.Handshake().Value)
//		if err != nil {
//			return &socketio.ConnectError{Message: "unauthorized", Data: map[string]int{"retry": 60}}
//		}
//		s.SetData(user)
//		return nil
//	})
//
// # Connection state recovery
//
// With Options.Recovery, a client that lost its connection takes up its session: id, rooms and data, and the packets
// that it missed, in order and without gap or duplicate. Middleware runs again before, so that nothing is replayed to
// somebody who would not be let in now; Options.Reauthorize may refuse or trim the session.
//
// # Events of a log
//
// An application that keeps its events in an ordered log of its own needs no second store. It delivers them with
// Broadcast.Logged, which adds the place in the log as last argument and marks the packet with an ordinal; the marks
// of a connection only grow, so what comes a second time is dropped. Socket.JoinWith joins rooms and sends what was
// said in them before, as one step. A RecoveryStore over the log answers Append with "" and finds the session in the
// private id, see PIDs.
//
//	s.JoinWith([]string{"news"}, func() ([]socketio.LoggedPacket, uint64) {
//		return journal.Since(seen), journal.Last()
//	})
//
// What a client has really received, Socket.Conn().Confirmed() says: each pong confirms what was sent before its
// ping, with clients of any version. engineio.Options.ConfirmAfter bounds how long that takes. How a client went,
// politely, for another page or without a word, Socket.Conn().Farewell() says in the disconnect handlers.
//
// # Bounds
//
// Everything that a client can make the server keep is bounded by default; see Options and engineio.Options. A
// client that breaks the protocol loses its connection, and nobody else notices.
package socketio
