package console

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Where a check begins to warn, and where it is bad.
const (
	pingSlow    = 250 * time.Millisecond
	outboxSlow  = 5 * time.Second
	outboxStuck = 30 * time.Second
	diskLow     = 1 << 30
	diskFull    = 100 << 20
)

// databaseChecks ask the database for a sign of life, for its schema and whether it takes
// writes.
func (s *Service) databaseChecks(ctx context.Context) []checkJSON {
	kind := string(s.config.Store.Dialect())
	began := time.Now()
	err := s.config.Store.Ping(ctx)
	took := time.Since(began)
	if err != nil {
		unknown := words{"La base de datos no responde.", "The database does not answer."}
		return []checkJSON{{"database", healthBad, unknown, nil}, {"migrations", healthBad, unknown, nil}, {"writes", healthBad, unknown, nil}}
	}
	ms := float64(took.Microseconds()) / 1000
	database := checkJSON{"database", healthOK, words{kind + ": responde.", kind + ": answers."}, round(ms)}
	if took > pingSlow {
		database.State, database.Detail = healthWarn, words{kind + ": responde con lentitud.", kind + ": answers slowly."}
	}
	return []checkJSON{database, s.migrationsCheck(ctx), s.writesCheck(ctx)}
}

func (s *Service) migrationsCheck(ctx context.Context) checkJSON {
	switch pending, err := s.config.Store.MigrationsPending(ctx); {
	case err != nil:
		return checkJSON{"migrations", healthWarn, words{"No se pudo consultar el esquema.", "The schema could not be asked for."}, nil}
	case pending:
		return checkJSON{"migrations", healthBad, words{"Faltan migraciones: ejecute relevo migrate.", "Migrations are missing: run relevo migrate."}, nil}
	}
	return checkJSON{"migrations", healthOK, words{"El esquema está al día.", "The schema is up to date."}, nil}
}

func (s *Service) writesCheck(ctx context.Context) checkJSON {
	if err := s.config.Store.TakesWrites(ctx); err != nil {
		return checkJSON{"writes", healthBad, words{"La base de datos rechaza escrituras.", "The database refuses writes."}, nil}
	}
	return checkJSON{"writes", healthOK, words{"La base de datos acepta escrituras.", "The database takes writes."}, nil}
}

// outboxCheck looks at what is committed and was not handed to the sockets of this node.
func (s *Service) outboxCheck() checkJSON {
	if s.config.Setup.Retention == 0 {
		return checkJSON{"outbox", healthOff, words{"Los eventos no se guardan (events.log).", "Events are not kept (events.log)."}, nil}
	}
	outbox := s.outbox()
	if outbox == nil {
		return checkJSON{"outbox", healthBad, words{"No se pudo leer el registro de eventos.", "The event log could not be read."}, nil}
	}
	age := time.Duration(outbox.OldestMS) * time.Millisecond
	check := checkJSON{"outbox", healthOK, words{"Todo lo confirmado se entregó a los sockets.", "All that is committed was handed to the sockets."}, outbox.OldestMS}
	if outbox.Pending > 0 {
		check.Detail = words{
			fmt.Sprintf("%d eventos esperan, el más antiguo desde hace %s.", outbox.Pending, span(age)),
			fmt.Sprintf("%d events wait, the oldest of them for %s.", outbox.Pending, span(age)),
		}
	}
	switch {
	case age > outboxStuck:
		check.State = healthBad
	case age > outboxSlow:
		check.State = healthWarn
	}
	return check
}

func (s *Service) redisCheck() checkJSON {
	if s.config.Checks.Redis {
		return checkJSON{"redis", healthWarn, words{"redis.url está puesto, pero esta versión no usa Redis.", "redis.url is set, but this version does not use Redis."}, nil}
	}
	return checkJSON{"redis", healthOff, words{"Sin Redis.", "No Redis."}, nil}
}

func limitsCheck(limits []limitJSON) checkJSON {
	var met []string
	var hits int64
	for _, l := range limits {
		if hits += l.Hits; l.Hits > 0 {
			met = append(met, l.Limit)
		}
	}
	if hits == 0 {
		return checkJSON{"limits", healthOK, words{"Nadie ha topado con un límite.", "Nobody has met a limit."}, hits}
	}
	list := strings.Join(met, ", ")
	return checkJSON{"limits", healthWarn, words{"Límites alcanzados: " + list + ".", "Limits met: " + list + "."}, hits}
}

func (s *Service) secretCheck() checkJSON {
	switch checks := s.config.Checks; {
	case checks.SecretFile && checks.Production:
		return checkJSON{"secret_key", healthWarn, words{"La clave la generó el servidor; en producción ponga una propia.", "The key was made by the server; in production set one of your own."}, nil}
	case checks.SecretFile:
		return checkJSON{"secret_key", healthOK, words{"La clave la generó el servidor y está en data.dir.", "The key was made by the server and is kept in data.dir."}, nil}
	}
	return checkJSON{"secret_key", healthOK, words{"La clave es propia.", "The key is one of your own."}, nil}
}

// transportCheck looks at what protects the way to browsers. The server itself has no
// certificate: a proxy before it does TLS.
func (s *Service) transportCheck() checkJSON {
	const name = "transport_security"
	checks := s.config.Checks
	https := strings.HasPrefix(checks.PublicURL, "https://")
	state := healthWarn
	if checks.Production {
		state = healthBad
	}
	switch {
	case checks.CookieNever:
		return checkJSON{name, state, words{"Las cookies van sin Secure (session.cookie_secure).", "Cookies go without Secure (session.cookie_secure)."}, nil}
	case https:
		return checkJSON{name, healthOK, words{"http.public_url es https; el certificado es del proxy.", "http.public_url is https; the certificate is the proxy's."}, nil}
	case checks.Production:
		return checkJSON{name, healthWarn, words{"http.public_url no es https: no se sabe si un proxy pone TLS.", "http.public_url is not https: whether a proxy does TLS is not known."}, nil}
	}
	return checkJSON{name, healthOff, words{"Sin TLS: entorno de desarrollo.", "No TLS: a development environment."}, nil}
}

func (s *Service) replayCheck() checkJSON {
	if s.config.Replays == nil {
		return checkJSON{"replay", healthWarn,
			words{"Lo perdido no se reenvía: events.log o socket.engine (" + s.config.Checks.Engine + ").", "What is missed is not sent again: events.log or socket.engine (" + s.config.Checks.Engine + ")."}, nil}
	}
	counts := s.config.Replays()
	return checkJSON{"replay", healthOK, words{
		fmt.Sprintf("%d eventos reenviados; %d páginas tuvieron que cargar todo.", counts.Replayed, counts.Expired),
		fmt.Sprintf("%d events sent again; %d pages had to load everything.", counts.Replayed, counts.Expired),
	}, counts.Expired}
}

func (s *Service) pushCheck() checkJSON {
	switch s.config.Checks.PushAccess {
	case "":
		return checkJSON{"push", healthOff, words{"Sin sockets push.", "No push sockets."}, nil}
	case "open":
		return checkJSON{"push", healthWarn, words{"push.access es open: quien llegue al puerto oye las emergencias.", "push.access is open: whoever reaches the port hears of emergencies."}, nil}
	}
	return checkJSON{"push", healthOK, words{"push.access: " + s.config.Checks.PushAccess + ".", "push.access: " + s.config.Checks.PushAccess + "."}, nil}
}

func (s *Service) diskCheck() checkJSON {
	free, ok := freeBytes(s.config.Checks.DataDir)
	if !ok {
		return checkJSON{"disk", healthOff, words{"No se sabe cuánto espacio queda.", "How much space is left is not known."}, nil}
	}
	gb := fmt.Sprintf("%.1f GB", float64(free)/(1<<30))
	check := checkJSON{"disk", healthOK, words{"Quedan " + gb + " en data.dir.", gb + " are left in data.dir."}, free}
	switch {
	case free < diskFull:
		check.State = healthBad
	case free < diskLow:
		check.State = healthWarn
	}
	return check
}
