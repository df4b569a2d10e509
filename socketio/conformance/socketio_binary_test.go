package conformance

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/relevo/relevo/socketio"
)

const (
	hole0 = `{"_placeholder":true,"num":0}`
	hole1 = `{"_placeholder":true,"num":1}`
)

// Socket.IO: Sending and receiving data, with binary data; Packet encoding
func TestBinaryEvents(t *testing.T) {
	a := serve(t, socketio.Options{})
	w := dial(t, a.websocket())
	a.enter(w, "/", "")
	a.enter(w, "/custom", "")
	w.send(`452-["message",` + hole0 + `,` + hole1 + `]`)
	w.write(binary(1, 2, 3), binary(4, 5, 6))
	w.expect(text(`452-["message-back",`+hole0+`,`+hole1+`]`), binary(1, 2, 3), binary(4, 5, 6))
	w.send(`451-/custom,["message","x",` + hole0 + `]`)
	w.write(binary())
	w.expect(text(`451-/custom,["message-back","x",`+hole0+`]`), binary())
	// In another order than they came.
	w.send(`452-["message",` + hole1 + `,` + hole0 + `]`)
	w.write(binary(1), binary(2))
	w.expect(text(`452-["message-back",`+hole0+`,`+hole1+`]`), binary(2), binary(1))
}

// Socket.IO: Acknowledgement, with binary data
func TestBinaryAcks(t *testing.T) {
	a := serve(t, socketio.Options{})
	w := a.join()
	w.send(`452-789["message-with-ack",` + hole0 + `,` + hole1 + `]`)
	w.write(binary(1, 2, 3), binary(4, 5, 6))
	w.expect(text(`462-789[`+hole0+`,`+hole1+`]`), binary(1, 2, 3), binary(4, 5, 6))
	s := a.io.Of("/").Sockets()[0]
	got := make(chan string, 1)
	go func() {
		a, err := s.EmitWithAck(t.Context(), "question", []byte{7})
		got <- fmt.Sprintf("%s %v %v", a.Args, a.Attachments, err)
	}()
	question := w.next()
	var id int
	if _, err := fmt.Sscanf(question.data, "451-%d[", &id); err != nil {
		t.Fatalf("%v: %v", question, err)
	}
	w.expect(binary(7))
	w.send(fmt.Sprintf(`461-%d["bar",%s]`, id, hole0))
	w.write(binary(1, 2, 3, 4))
	if answer := <-got; answer != `["bar" `+hole0+`] [[1 2 3 4]] <nil>` {
		t.Errorf("answer %s", answer)
	}
	a.barrier(w)
}

// Socket.IO: Packet encoding: attachments are numbered in the order of the
// payload and follow in that order, wherever they stand.
func TestBinaryInside(t *testing.T) {
	a := serve(t, socketio.Options{})
	w := a.join()
	err := a.io.Of("/").Emit("deep", map[string]any{"a": []any{[]byte{1}, "x", map[string]any{"b": []byte{2}}}}, []byte{3})
	if err != nil {
		t.Fatal(err)
	}
	w.expect(text(`453-["deep",{"a":[{"_placeholder":true,"num":0},"x",{"b":{"_placeholder":true,"num":1}}]},{"_placeholder":true,"num":2}]`),
		binary(1), binary(2), binary(3))
}

// Attachments of one packet are never torn apart by what others send meanwhile.
func TestAttachmentsStayTogether(t *testing.T) {
	const n = 200
	a := serve(t, socketio.Options{})
	w := a.join()
	ns := a.io.Of("/")
	done := make(chan error, 2)
	go func() {
		for i := range n {
			if err := ns.Emit("file", []byte{byte(i)}, []byte{byte(i), 1}); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	go func() {
		for i := range n {
			if err := ns.Sockets()[0].Emit("tick", i); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	for range 2 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	files, ticks := 0, 0
	for files+ticks < 2*n {
		switch f := w.next(); f.data {
		case `452-["file",` + hole0 + `,` + hole1 + `]`:
			w.expect(binary(byte(files)), binary(byte(files), 1))
			files++
		case fmt.Sprintf(`42["tick",%d]`, ticks):
			ticks++
		default:
			t.Fatalf("got %v after %d files and %d ticks", f, files, ticks)
		}
	}
}

// Socket.IO: Packet encoding: what announces binary and does not bring it, or
// brings it without announcing.
func TestInvalidBinary(t *testing.T) {
	a := serve(t, socketio.Options{})
	bystander := a.join()
	one := `451-["message",` + hole0 + `]`
	for name, frames := range map[string][]frame{
		"unannounced":           {binary(1)},
		"one too many":          {text(one), binary(1), binary(2)},
		"text in between":       {text(one), text(`42["message"]`), binary(1)},
		"another announcement":  {text(one), text(one)},
		"zero attachments":      {text(`450-["message"]`)},
		"zero, in an ack":       {text(`460-1[]`)},
		"no number":             {text(`45-["message"]`)},
		"no dash":               {text(`451["message"]`)},
		"negative":              {text(`45-1-["message"]`)},
		"eleven":                {text(`4511-["message"]`)},
		"a million":             {text(`451000000-["message"]`)},
		"a number beyond all":   {text(`4599999999999999999999-["message"]`)},
		"no payload":            {text(`451-`), binary(1)},
		"no place for it":       {text(`451-["message"]`), binary(1)},
		"index out of range":    {text(`451-["message",{"_placeholder":true,"num":1}]`), binary(1)},
		"index negative":        {text(`451-["message",{"_placeholder":true,"num":-1}]`), binary(1)},
		"index a string":        {text(`451-["message",{"_placeholder":true,"num":"0"}]`), binary(1)},
		"index fractional":      {text(`451-["message",{"_placeholder":true,"num":0.5}]`), binary(1)},
		"index missing":         {text(`451-["message",{"_placeholder":true}]`), binary(1)},
		"index twice":           {text(`452-["message",` + hole0 + `,` + hole0 + `]`), binary(1), binary(2)},
		"placeholder as a name": {text(`451-[` + hole0 + `]`), binary(1)},
	} {
		w := a.join()
		w.write(frames...)
		w.gone()
		if left := w.left(); name != "one too many" && len(left) != 0 {
			t.Errorf("%s was answered: %v", name, left)
		}
	}
	a.barrier(bystander)
	// In a packet without attachments a placeholder is an object like any other.
	bystander.send(`42["message",` + hole0 + `]`)
	if f := bystander.next(); f != text(`42["message-back",`+hole0+`]`) && f.data != "" {
		var args []json.RawMessage
		if json.Unmarshal([]byte(f.data[2:]), &args) != nil {
			t.Errorf("got %v", f)
		}
	}
}
