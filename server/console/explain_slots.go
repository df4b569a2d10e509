package console

// slotVerdicts is what the delivery slots tell, which also know of sockets of other nodes
// and of runs of this server that are over. Of open sockets of this node, and of ended
// ones that the trail knows, they tell nothing new but what is owed.
func (f *facts) slotVerdicts() []story {
	var out []story
	seq, at := f.event.Seq, f.event.At
	passed := false // a slot that lacks the event was taken up by another connection
	for _, s := range f.slots {
		passed = passed || !s.taken.IsZero() && !s.position.Covers(seq) && !s.opened.After(at)
	}
	if passed {
		out = append(out, story{state: stateUnknown, reason: whyTaken})
	}
	remembered := !f.kept.IsZero() && !f.kept.After(at)
	for _, s := range f.slots {
		has, before := s.position.Covers(seq), !s.opened.After(at)
		own := s.node == f.node
		v := story{node: s.node}
		switch {
		case s.ended.IsZero() && s.alive && own:
			continue
		case s.ended.IsZero() && s.alive && s.told != "" && !before:
			v.state, v.reason, v.at = stateExpired, s.told, s.opened
		case s.ended.IsZero() && s.alive && !has:
			v.state = stateWaiting
		case !has && s.taken.IsZero() && s.owed.After(f.now):
			v.state, v.at, v.until = stateAway, s.ended, s.owed
			if f.expires.Before(v.until) {
				v.until = f.expires
			}
		case has && before && (!own || !remembered):
			v.state = stateConfirmed
		case has && passed && !own && s.ended.IsZero():
			v.state, v.via = stateConfirmed, viaReplay
		default:
			continue
		}
		out = append(out, v)
	}
	return out
}
