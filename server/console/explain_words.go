package console

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
)

// words is one plain sentence in both languages of the console.
type words struct {
	ES string `json:"es"`
	EN string `json:"en"`
}

// clock is a time as the desk's clocks show it, with the day where that is not today.
func (f *facts) clock(t time.Time) words {
	t = t.In(models.Lima)
	text := t.Format("15:04:05")
	if t.Format(time.DateOnly) == f.now.In(models.Lima).Format(time.DateOnly) {
		return words{text, text}
	}
	return words{text + " del " + t.Format("02/01"), text + " on " + t.Format("2 Jan")}
}

// span is a duration in round numbers.
func span(d time.Duration) string {
	switch {
	case d < 0:
		return "0 ms"
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	case d < 10*time.Second:
		return strings.TrimSuffix(strconv.FormatFloat(d.Seconds(), 'f', 1, 64), ".0") + " s"
	case d < 2*time.Minute:
		return strconv.Itoa(int(d.Seconds())) + " s"
	case d < 2*time.Hour:
		return strconv.Itoa(int(d.Minutes())) + " min"
	}
	return strconv.Itoa(int(d.Hours())) + " h"
}

// why answers "why did this user not get that event?" in one sentence.
func (s story) why(f *facts) words {
	switch s.state {
	case stateConfirmed:
		return s.whyConfirmed(f)
	case stateWaiting:
		if !f.delivered {
			return words{"El evento está registrado, pero este nodo aún no lo ha entregado a sus sockets.",
				"The event is recorded, but this node has not handed it to its sockets yet."}
		}
		return words{"Se envió a una página abierta, que todavía no lo ha confirmado.", "It was sent to an open page, which has not confirmed it yet."}
	case stateAway:
		if s.at.IsZero() {
			return words{"Su página perdió la conexión sin haberlo confirmado.", "Their page lost the connection without having confirmed it."}
		}
		if s.at.Before(f.event.At) {
			return words{"Su página estaba desconectada desde las " + f.clock(s.at).ES + ".", "Their page had been disconnected since " + f.clock(s.at).EN + "."}
		}
		return words{"Su página se desconectó a las " + f.clock(s.at).ES + " sin haberlo confirmado.", "Their page went away at " + f.clock(s.at).EN + " without having confirmed it."}
	case stateExpired:
		return s.whyExpired(f)
	case stateAbsent:
		return s.whyAbsent(f)
	case stateNotAddressed:
		return s.whyNotAddressed(f)
	}
	return s.whyUnknown()
}

func (s story) whyConfirmed(f *facts) words {
	count := words{}
	if s.pages > 1 {
		count = words{fmt.Sprintf(" (%d de %d páginas)", s.confirmed, s.pages), fmt.Sprintf(" (%d of %d pages)", s.confirmed, s.pages)}
	}
	switch {
	case s.at.IsZero():
		return words{"Lo tiene: su página lo confirmó" + count.ES + "; no se sabe cuándo.", "They have it: their page confirmed it" + count.EN + "; when is not known."}
	case s.via == viaReplay:
		return words{"Estaba desconectado; al volver se le reenvió, y su página lo confirmó a las " + f.clock(s.at).ES + count.ES + ".",
			"They were away; it was sent again when they came back, and their page confirmed it at " + f.clock(s.at).EN + count.EN + "."}
	}
	after := span(s.at.Sub(f.event.At))
	return words{"Lo recibió: su página lo confirmó " + after + " después" + count.ES + ".", "They got it: their page confirmed it " + after + " later" + count.EN + "."}
}

func (s story) whyExpired(f *facts) words {
	head := words{"Estuvo desconectado", "They were away"}
	tail := words{" y a las " + f.clock(s.at).ES + " se pidió a su página que cargara todos sus datos de nuevo.",
		", and at " + f.clock(s.at).EN + " their page was told to load all its data again."}
	switch s.reason {
	case events.ResyncTooMany:
		head = words{"Se perdió más eventos de los que se reenvían", "They missed more events than are sent again"}
	case events.ResyncWindow:
		head = words{"Estuvo desconectado más tiempo del que se conservan los eventos", "They were away for longer than events are kept"}
	case events.ResyncUnknown:
		head = words{"Su página volvió con otra sesión", "Their page came back with another session"}
	case events.ResyncFailed:
		head = words{"Al volver no se pudo leer el registro de eventos", "When they came back the event log could not be read"}
	}
	return words{head.ES + tail.ES, head.EN + tail.EN}
}

func (s story) whyAbsent(f *facts) words {
	switch {
	case !s.at.IsZero():
		return words{"Su página se cerró a las " + f.clock(s.at).ES + " sin haberlo confirmado.", "Their page was closed at " + f.clock(s.at).EN + " without having confirmed it."}
	case f.user.CreatedAt.Time().After(f.event.At):
		return words{"Su cuenta no existía todavía.", "The account did not exist yet."}
	}
	return words{"No tenía ninguna página abierta.", "No page of this user was open."}
}

func (s story) whyNotAddressed(f *facts) words {
	role := f.user.Role
	switch s.reason {
	case whyRole:
		to := rolesOf(f.event.Rooms)
		switch {
		case f.roleMoved && f.roleThen == "":
			return words{"Se envió al rol " + to + "; su rol cambió después y el registro no dice cuál tenía entonces.",
				"It was for the role " + to + "; the user's role has changed since, and the log does not say what it was then."}
		case f.roleMoved && strings.Contains(", "+to+",", ", "+f.roleThen+","):
			return words{"Se envió a su rol de entonces, " + f.roleThen + "; ahora es " + role + " y lo que fue para otro rol no se reenvía.",
				"It was for the role " + f.roleThen + ", which the user had then; it is " + role + " now, and what was for another role is not sent again."}
		case f.roleMoved:
			return words{"Se envió al rol " + to + " y entonces era " + f.roleThen + "; su rol cambió después.", "It was for the role " + to + ", and the user was " + f.roleThen + " then; the role changed later."}
		}
		return words{"Se envió al rol " + to + " y su rol es " + role + ".", "It was for the role " + to + ", and this user is " + role + "."}
	case whyUser:
		return words{"Era para otro usuario.", "It was for another user."}
	case whyRoom:
		return words{"Era para quienes siguen a un cliente, y ninguna página suya lo seguía.", "It was for those who follow a client, and no page of this user did."}
	case whySession:
		return words{"Era solo para los sockets de una sesión que terminó.", "It was for the sockets of a session that ended, only."}
	case whyExcepted:
		return words{"Era para el cliente; el personal recibe su propia versión de este evento.", "It was for the client; the staff gets its own form of this event."}
	}
	return words{"Su cuenta está inactiva.", "The account is inactive."}
}

// rolesOf lists the roles among the rooms.
func rolesOf(rooms []string) string {
	var out []string
	for _, room := range rooms {
		if role, ok := strings.CutPrefix(room, events.RoomRole("")); ok {
			out = append(out, role)
		}
	}
	return strings.Join(out, ", ")
}

func (s story) whyUnknown() words {
	switch s.reason {
	case whyEngine:
		return words{"Se envió a una página abierta, pero este motor de sockets no dice si llegó.", "It was sent to an open page, but this socket engine does not tell whether it arrived."}
	case whyNode:
		return words{"Estaba en otro nodo, que ya no dice qué le entregó.", "The user was at another node, which does not tell any more what it delivered."}
	case whyTaken:
		return words{"Su página se desconectó y otra conexión tomó su lugar; de esa no se sabe más.", "Their page went away, and another connection took its place, of which nothing more is known."}
	case whyPush:
		return words{"Escucha por un socket push, que no confirma lo que recibe.", "The user listens on a push socket, which does not confirm what it gets."}
	}
	return words{"Este proceso no recuerda tanto, y la base de datos no guarda nada de sus páginas de entonces.",
		"This process does not remember that far back, and the database has nothing of the user's pages of that time."}
}

// next says what will happen or can be done; false when there is nothing to say.
func (s story) next(f *facts) (words, bool) {
	switch s.state {
	case stateWaiting:
		return words{"Si la página sigue conectada lo confirmará en unos segundos; si no, se le reenviará cuando vuelva.",
			"If the page is still connected it will confirm within seconds; if not, it is sent again when the page comes back."}, true
	case stateAway:
		return words{"Se le reenviará si vuelve antes de las " + f.clock(s.until).ES + "; después se le pedirá cargar sus datos.",
			"It will be sent again if the page comes back before " + f.clock(s.until).EN + "; afterwards the page is told to load its data."}, true
	case stateExpired:
		return words{"Su página ya cargó los datos de nuevo; no falta nada.", "Their page has loaded its data again; nothing is missing."}, true
	case stateAbsent:
		return words{"Nada se le debe: su página carga los datos al abrirse. Si además debe ver el aviso, reenvíelo.",
			"Nothing is owed: a page loads its data when it is opened. If the notice itself matters, resend it."}, true
	case stateUnknown:
		return words{"Puede reenviarlo: las páginas reconocen la repetición.", "It can be resent: pages recognise a repetition."}, true
	}
	return words{}, false
}
