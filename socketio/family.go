package socketio

import (
	"encoding/json"
	"fmt"
	"regexp"
)

// Family is the set of namespaces that one rule makes on demand. What is registered on it holds for all of them.
// A namespace of a family disappears with its last socket.
type Family struct {
	*hooks
	server *Server
	match  func(name string, auth json.RawMessage) bool
}

// OfFunc makes namespaces on demand: when a client asks for a name that does not exist, the rules are asked in
// the order of registration. auth is the client's auth object, nil when it sent none. match must not block.
func (s *Server) OfFunc(match func(name string, auth json.RawMessage) bool) *Family {
	f := &Family{hooks: &hooks{}, server: s, match: match}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.families = append(s.families, f)
	return f
}

// OfRegexp is OfFunc with a pattern for the whole name.
func (s *Server) OfRegexp(pattern *regexp.Regexp) *Family {
	whole := regexp.MustCompile("^(?:" + pattern.String() + ")$")
	return s.OfFunc(func(name string, _ json.RawMessage) bool { return whole.MatchString(name) })
}

// Namespaces returns the namespaces of the family that have a socket now.
func (f *Family) Namespaces() []*Namespace {
	f.server.mu.Lock()
	defer f.server.mu.Unlock()
	var members []*Namespace
	for _, ns := range f.server.namespaces {
		if ns.family == f {
			members = append(members, ns)
		}
	}
	return members
}

// Emit sends an event to every socket of every namespace of the family.
func (f *Family) Emit(name string, args ...any) error {
	for _, ns := range f.Namespaces() {
		if err := ns.Emit(name, args...); err != nil {
			return fmt.Errorf("emit to %s: %w", ns.name, err)
		}
	}
	return nil
}

// acquire finds or makes the namespace that a client asks for and counts one socket in it. nil: there is none.
func (s *Server) acquire(name string, auth json.RawMessage) *Namespace {
	s.mu.Lock()
	if ns := s.namespaces[name]; ns != nil {
		ns.refs++
		s.mu.Unlock()
		return ns
	}
	families := s.families
	s.mu.Unlock()
	for _, f := range families {
		if !f.match(name, auth) {
			continue
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		ns := s.namespaces[name]
		if ns == nil {
			if s.dynamic >= s.options.MaxDynamic {
				return nil
			}
			ns = newNamespace(s, name, f.hooks)
			ns.family = f
			s.namespaces[name] = ns
			s.dynamic++
		}
		ns.refs++
		return ns
	}
	return nil
}

// release is the end of one socket that acquire counted.
func (s *Server) release(ns *Namespace) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ns.refs--
	if ns.refs > 0 || ns.family == nil || s.namespaces[ns.name] != ns {
		return
	}
	delete(s.namespaces, ns.name)
	s.dynamic--
	closeAdapter(ns.adapter, s.options.Logger)
}
