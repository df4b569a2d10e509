package wire

// Caller asks a REST server one thing at a time over one keep-alive connection, in JSON.
type Caller struct {
	http httpConn
	then func(status int, body []byte)
}

// NewCaller returns a caller that has not dialled yet. The header's lines, each with its
// end, go with every request. failed is called when a request will not be answered.
func (l *Loop) NewCaller(to Target, header string, failed func(err error)) *Caller {
	c := &Caller{}
	c.http = httpConn{loop: l, target: to, kind: "application/json", header: header, failed: failed}
	c.http.answer = func(status int, body []byte) { c.then(status, body) }
	return c
}

// Post sends a JSON body; then gets the answer, whose body is valid during the call. The
// answer to the request before must have come.
func (c *Caller) Post(path, body string, then func(status int, body []byte)) {
	c.then = then
	c.http.request("POST", path, []byte(body))
}

// Reset leaves by RST.
func (c *Caller) Reset() { c.http.reset() }
