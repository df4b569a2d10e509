package server

import (
	"errors"
	"fmt"
	"time"
)

// Config is everything an operator may set. The tags are the only place where a
// key, its default and its one-sentence description are written: config.yaml, the
// README table, environment names and flags derive from them.
//
// A Config comes from [LoadConfig] or [DefaultConfig]; afterwards it is read only.
type Config struct {
	Environment string `key:"environment" default:"development" check:"development|production" doc:"In production the server refuses to start without a secret_key of its own, and with one that can be guessed."`
	HTTP        struct {
		Addr              string        `key:"addr" default:":8080" check:"addr" doc:"Address of the public listener, host:port; port 0 picks a free one."`
		PublicURL         string        `key:"public_url" default:"" check:"url?" doc:"URL under which browsers reach the server, when a proxy changes it; an own origin like the one in the Host header, and the beginning of absolute URLs."`
		TrustedProxies    []string      `key:"trusted_proxies" default:"" check:"cidrs" doc:"Addresses or CIDR ranges of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed; empty believes none."`
		ReadHeaderTimeout time.Duration `key:"read_header_timeout" default:"10s" check:"positive" doc:"Longest time a client may take to send its request header."`
		MaxHeaderBytes    int           `key:"max_header_bytes" default:"65536" check:"positive" doc:"Longest request header in bytes, give or take 4 KiB; a longer one is answered 431."`
		RequestTimeout    time.Duration `key:"request_timeout" default:"2m" check:"positive" doc:"Longest time that a REST request may take, its body and its answer included; sockets are not bound by it."`
		ShutdownTimeout   time.Duration `key:"shutdown_timeout" default:"8s" check:"positive" doc:"One deadline for the whole ordered end after SIGTERM."`
	} `key:"http"`
	Internal struct {
		Addr string `key:"addr" default:"" check:"addr?" doc:"Address of the internal listener with /metrics, /debug/pprof/ and /loglevel, for example 127.0.0.1:9090; empty is off."`
	} `key:"internal"`
	Data struct {
		Dir string `key:"dir" default:"data" check:"nonempty" doc:"Folder of the SQLite database, the uploads and the generated secret key."`
	} `key:"data"`
	Database struct {
		URL      string `key:"url" default:"" alias:"DATABASE_URL" secret:"url" check:"postgres?" doc:"Postgres URL; empty uses SQLite in data.dir."`
		MaxConns int    `key:"max_conns" default:"10" check:"positive" doc:"Most connections to Postgres, or readers of SQLite, at a time."`
	} `key:"database"`
	Redis struct {
		URL string `key:"url" default:"" alias:"REDIS_URL" secret:"url" check:"redis?" doc:"Redis URL for several nodes; this version runs as one node and says so in the log when it is set."`
	} `key:"redis"`
	SecretKey string `key:"secret_key" default:"" alias:"SECRET_KEY" secret:"all" check:"secret?" doc:"Key that signs CSRF tokens and what sockets name when they come back, at least 16 characters, the same on all nodes; empty uses a random one kept in data.dir."`
	Session   struct {
		Lifetime         time.Duration `key:"lifetime" default:"12h" check:"positive" doc:"Life of a session, counted from the sign-in."`
		RememberLifetime time.Duration `key:"remember_lifetime" default:"720h" check:"positive" doc:"Life of a session signed in with \"remember\"."`
		CheckInterval    time.Duration `key:"check_interval" default:"15s" check:"positive" doc:"How often the sessions of open sockets are looked up, in case that nobody was told that one ended."`
		CookieSecure     string        `key:"cookie_secure" default:"auto" check:"auto|always|never" doc:"Secure attribute of cookies; auto sets it when the request came over TLS."`
		CookieName       string        `key:"cookie_name" default:"session" check:"token" doc:"Name of the session cookie."`
		CompatNames      bool          `key:"compat_cookie_names" default:"true" doc:"Keeps the cookie names of the contract; false puts __Host- in front of them over TLS, so that no neighbouring domain can set them."`
	} `key:"session"`
	Login struct {
		PerMinute int           `key:"per_minute" default:"5" check:"positive" doc:"Sign-in attempts a minute of one address, and wrong ones for one account before each newcomer waits its turn."`
		MaxDelay  time.Duration `key:"max_delay" default:"5m" check:"positive" doc:"Longest time that one address waits after wrong passwords for one account: 2 s after login.per_minute of them, twice as long after each further one, until a right one."`
		MaxHashes int           `key:"max_hashes" default:"4" check:"positive" doc:"Password hashes computed at the same time; further sign-ins wait."`
	} `key:"login"`
	Socket struct {
		Engine         string        `key:"engine" default:"native" check:"native|zishang520" doc:"Socket.IO engine; docs/engine.md compares them."`
		Path           string        `key:"path" default:"/socket.io/" check:"path" doc:"Path of the Socket.IO endpoint."`
		PingInterval   time.Duration `key:"ping_interval" default:"25s" check:"positive" doc:"Time between two heartbeats."`
		PingTimeout    time.Duration `key:"ping_timeout" default:"2m" check:"positive" doc:"Time without an answer to a heartbeat after which a socket is dead."`
		ConnectTimeout time.Duration `key:"connect_timeout" default:"45s" check:"positive" doc:"Time in which a new transport must join the namespace."`
		ConfirmAfter   time.Duration `key:"confirm_after" default:"2s" check:"positive" doc:"How soon after an event a client is asked, by an early heartbeat, whether it has it; what is not confirmed is sent again when the client comes back."`
		MaxPayload     int64         `key:"max_payload" default:"1000000" check:"positive" doc:"Largest inbound message in bytes."`
		ClientDir      string        `key:"client_dir" default:"" doc:"Folder of the browser client, served as socket.io.js under socket.path; empty is off."`
	} `key:"socket"`
	Events struct {
		PollInterval  time.Duration `key:"poll_interval" default:"1s" check:"positive" doc:"How long the event log is not looked at when no wake-up comes."`
		Retention     time.Duration `key:"retention" default:"24h" check:"positive" doc:"Replay window: how long events are kept for clients that come back."`
		MaxRows       int           `key:"max_rows" default:"1000000" check:"positive" doc:"Most events that are kept, whatever their age."`
		ReplayMax     int           `key:"replay_max" default:"1000" check:"positive" doc:"Most missed events that are sent to one returning socket; with more it is told to load its data again."`
		EmitPerSecond int           `key:"emit_per_second" default:"200" check:"positive" doc:"Events a second that one service key may publish, on average over two seconds."`
		Log           string        `key:"log" default:"on" check:"on|off" doc:"Off keeps events out of the database: they are lost in a crash and cannot be replayed. It exists to measure what the log costs."`
	} `key:"events"`
	Presence struct {
		Grace         time.Duration `key:"grace" default:"10s" check:"positive" doc:"How long who has no socket left still counts as present, because a change of page closes one and opens another."`
		Lease         time.Duration `key:"lease" default:"30s" check:"positive" doc:"How long the sockets of a process that was killed count; a living one says three times in that time that it lives."`
		RequireSocket bool          `key:"require_socket" default:"false" doc:"Leaves out of online who is signed in and has opened no socket since."`
	} `key:"presence"`
	Limits struct {
		Connections           int `key:"connections" default:"20000" check:"positive" doc:"Open connections of sockets in all."`
		ConnectionsPerAddress int `key:"connections_per_address" default:"1000" check:"positive" doc:"Open connections of sockets of one client address; of IPv6 of one /64 network."`
		ConnectionsPerUser    int `key:"connections_per_user" default:"50" check:"positive" doc:"Open connections of sockets of one user: tabs and devices."`
		HandshakesPerSecond   int `key:"handshakes_per_second" default:"100" check:"positive" doc:"New socket connections a second of one client address."`
		HandshakeBurst        int `key:"handshake_burst" default:"1000" check:"positive" doc:"New socket connections of one client address at once; a whole office comes back together after a restart."`
		EventsPerSecond       int `key:"events_per_second" default:"50" check:"positive" doc:"Events a second that one socket may send; it is told limit_exceeded, and closed when it goes on."`
		EventBurst            int `key:"event_burst" default:"100" check:"positive" doc:"Events that one socket may send at once."`
		UserEventsPerSecond   int `key:"user_events_per_second" default:"200" check:"positive" doc:"Events a second that all sockets of a user may send together, twice as many at once."`
		ClientRooms           int `key:"client_rooms" default:"32" check:"positive" doc:"Client rooms of one socket."`
		ClientRoomsPerMinute  int `key:"client_rooms_per_minute" default:"10" check:"positive" doc:"Client rooms a minute that one socket may ask for, all of them at once if it likes."`
		RefreshesPerMinute    int `key:"refreshes_per_minute" default:"60" check:"positive" doc:"Dashboard refreshes a minute that one user may ask for, five of them at once."`
	} `key:"limits"`
	CORS struct {
		Origins []string `key:"origins" default:"" check:"origins" doc:"Foreign origins (scheme://host[:port]) that may call with cookies and open sockets; the own origin always may."`
	} `key:"cors"`
	Emergencies struct {
		Enabled           bool          `key:"enabled" default:"true" doc:"Serves the emergencies desk: its REST interface (docs/emergencies-contract.md) and its push sockets (docs/push.md)."`
		TokenLifetime     time.Duration `key:"token_lifetime" default:"24h" check:"positive" doc:"Life of the tokens of POST /auth/login, and of the session behind one of a user of the desk."`
		OpenFor           time.Duration `key:"open_for" default:"24h" check:"positive" doc:"How long a request that nobody has evaluated is sent to operators who connect."`
		PositionFor       time.Duration `key:"position_for" default:"5m" check:"positive" doc:"How long the last position of an ambulance counts."`
		LocationInterval  time.Duration `key:"location_interval" default:"1s" check:"positive" doc:"How often the positions of ambulances that were suggested and are not dispatched are sent, while somebody listens."`
		AnonymousRequests bool          `key:"anonymous_requests" default:"false" doc:"Takes requests for an ambulance without a token, for mobile builds that send none; anybody who reaches the server may then request for anybody, but is told nothing of them and changes nothing that is known."`
		UntypedOperators  bool          `key:"untyped_operators" default:"false" doc:"Lets accounts without tipoUsuario work as operators, for accounts older than that column."`
		RequestsPerMinute int           `key:"requests_per_minute" default:"10" check:"positive" doc:"Requests for an ambulance a minute of one account, or without a token of one client address."`
		WebSocketURL      string        `key:"websocket_url" default:"" check:"socketurl?" doc:"Address of the push socket that operators are told, ws://, wss:// or a path; empty is the path /ws/emergencias, which browsers resolve against the server that they asked."`
	} `key:"emergencies"`
	Push struct {
		Access       string        `key:"access" default:"session" check:"session|network|open" doc:"Who listens on the push sockets of emergencies: session is who is signed in with a role of push.roles, network is besides who comes from push.networks, open is everybody who reaches the port. Other sockets stay open and mute."`
		Networks     []string      `key:"networks" default:"" check:"cidrs" doc:"Addresses or CIDR ranges whose push sockets listen without a session when push.access is network."`
		Roles        []string      `key:"roles" default:"Operador,Master" check:"roles" doc:"Roles whose push sockets listen."`
		PingInterval time.Duration `key:"ping_interval" default:"20s" check:"positive" doc:"Time between two pings of a push socket."`
		MissedPongs  int           `key:"missed_pongs" default:"2" check:"positive" doc:"Pings in a row without a sign of life after which a push socket is dropped."`
		MaxMessage   int64         `key:"max_message" default:"65536" check:"positive" doc:"Largest message in bytes that a push client may send; it is thrown away."`
	} `key:"push"`
	Calls struct {
		URL       string `key:"url" default:"" check:"callurl?" doc:"Address of the LiveKit server of calls, as clients reach it, for example wss://calls.example; empty is without calls."`
		APIKey    string `key:"api_key" default:"" alias:"LIVEKIT_API_KEY" doc:"API key of the LiveKit server."`
		APISecret string `key:"api_secret" default:"" alias:"LIVEKIT_API_SECRET" secret:"all" doc:"Secret of that key, which signs the tokens of calls."`
	} `key:"calls"`
	AdminUI struct {
		Enabled      bool   `key:"enabled" default:"false" doc:"Opens the namespace /admin for the official Socket.IO Admin UI (docs/admin-ui.md): for sessions of the role Master, and for the login below when there is one. Its origin must be in cors.origins."`
		Username     string `key:"username" default:"" doc:"Login name of the Admin UI for who has no session; empty is without such a login."`
		PasswordHash string `key:"password_hash" default:"" secret:"all" check:"bcrypt?" doc:"bcrypt hash of the password of that login, of cost 10 to 14."`
		ReadOnly     bool   `key:"read_only" default:"true" doc:"Keeps the Admin UI from disconnecting sockets."`
	} `key:"admin_ui"`
	Console struct {
		Enabled          bool     `key:"enabled" default:"true" doc:"Serves the admin console at /console/ (docs/console.md)."`
		Readers          []string `key:"readers" default:"" check:"roles" doc:"Roles that may look at the console and do nothing there; a Master always may look and act."`
		Trail            int      `key:"trail" default:"20000" check:"positive" doc:"How many comings, goings, confirmations and replays of sockets the process remembers, to tell why somebody did not get an event."`
		ActionsPerMinute int      `key:"actions_per_minute" default:"30" check:"positive" doc:"Actions a minute that one user has at the console."`
	} `key:"console"`
	Uploads struct {
		MaxBytes int64 `key:"max_bytes" default:"10485760" check:"positive" doc:"Largest uploaded file in bytes."`
	} `key:"uploads"`
	Log struct {
		Level  string `key:"level" default:"info" check:"debug|info|warn|error" doc:"Least level that is logged; changeable while running through /loglevel or SIGUSR1."`
		Format string `key:"format" default:"auto" check:"auto|json|console" doc:"Form of log lines; auto is console on a terminal and json elsewhere."`
	} `key:"log"`

	origins map[string]string // by key; a key that is absent has its default
}

// Source is where [LoadConfig] looks. The zero value reads nothing: defaults only.
type Source struct {
	// File is the YAML file; empty reads none.
	File string
	// Environ is in the form of os.Environ.
	Environ []string
	// Flags holds the flags that were given, by configuration key.
	Flags map[string]string
}

// DefaultConfig is the configuration of a process that was told nothing.
func DefaultConfig() *Config {
	c := &Config{origins: map[string]string{}}
	for _, f := range configFields(c) {
		if err := f.set(f.Default, "default"); err != nil {
			panic(fmt.Sprintf("default of %s: %v", f.Key, err)) // a broken tag; a test walks this
		}
	}
	return c
}

// LoadConfig reads defaults, then the file, then the environment, then the flags;
// the later wins. All faults are reported together, each naming the key, the
// value and what is expected, so that an operator mends them in one go.
func LoadConfig(src Source) (*Config, error) {
	c := DefaultConfig()
	fields := configFields(c)
	var errs []error
	if src.File != "" {
		errs = append(errs, c.readFile(fields, src.File))
	}
	errs = append(errs, c.readEnviron(fields, src.Environ))
	errs = append(errs, c.readFlags(fields, src.Flags))
	if errors.Join(errs...) == nil {
		errs = append(errs, c.checkAdminUI())
	}
	if err := errors.Join(errs...); err != nil {
		return nil, &ConfigError{err}
	}
	return c, nil
}

// ConfigError is a fault of the operator's input, not of the machine; the
// command ends with status 2 on it.
type ConfigError struct{ err error }

func (e *ConfigError) Error() string { return e.err.Error() }
func (e *ConfigError) Unwrap() error { return e.err }

// Setting is one key of the configuration as shown to people.
type Setting struct {
	Key    string `json:"key"`
	Value  string `json:"value"`  // masked when secret
	Origin string `json:"origin"` // default, file:line, environment name or flag
	// Env, Flag, Default and Doc describe the key whatever its value is.
	Env     string `json:"-"`
	Flag    string `json:"-"`
	Default string `json:"-"`
	Doc     string `json:"-"`
	Bool    bool   `json:"-"`
}

// Settings lists every key in the order of the struct.
func (c *Config) Settings() []Setting {
	fields := configFields(c)
	out := make([]Setting, 0, len(fields))
	for _, f := range fields {
		out = append(out, Setting{
			Key: f.Key, Value: f.masked(), Origin: c.origins[f.Key],
			Env: f.Env, Flag: f.Flag, Default: f.Default, Doc: f.Doc, Bool: f.isBool(),
		})
	}
	return out
}
