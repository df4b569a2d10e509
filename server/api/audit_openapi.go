package api

import (
	"github.com/relevo/relevo/schema"
	"github.com/relevo/relevo/schema/openapi"
)

// AuditRoutes describes what Audit serves.
func AuditRoutes() []openapi.Route {
	return tagged("Audit", openapi.SignedIn, []openapi.Route{
		{Method: "GET", Path: "/api/audit", Roles: onlyMaster,
			Summary: "The audit trail with failed sign-ins, revocations and limits hit, newest first. from is included; so is to, when it is a day.",
			Answers: openapi.Success(schema.Keys{"lines": []auditJSON{}, "next": (*string)(nil)}),
			Query: []openapi.Parameter{
				{Name: "user_id", Doc: "Who did it, or whose sign-in failed.", Of: openapi.Integer(1, 1<<31-1)},
				{Name: "action", Doc: "An action of the trail, or LOGIN_FAILED, PASSWORD_FAILED, REMEMBER_REUSED, LIMIT_HIT, ADMIN_DISCONNECT.", Of: schema.Text()},
				{Name: "entity", Doc: "What it was done to, e.g. User; Security for events at the doors.", Of: schema.Text()},
				{Name: "from", Doc: "Day or instant, in Lima unless it names its zone.", Of: schema.Text()},
				{Name: "to", Doc: "Day or instant, in Lima unless it names its zone.", Of: schema.Text()},
				{Name: "before", Doc: "The next of the answer before.", Of: schema.Text()},
				{Name: "limit", Doc: "Most lines of the answer; 50 when absent.", Of: openapi.Integer(1, auditMost)},
			}},
	})
}
