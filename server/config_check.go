package server

import (
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// sampleSecrets are keys that stand in examples and templates, where everybody
// can read them.
var sampleSecrets = []string{
	"change-me", "changeme", "change_me", "secret", "dev", "password", "your-secret-key", "your_secret_key",
	"dev-secret-key", "dev-secret-key-change-in-production", "replace-me", "replace_me", "example", "sample",
}

// checkSetting applies the rule of a check tag and returns what is expected when
// the value breaks it, "" when it does not. A rule that ends in ? lets empty pass.
func checkSetting(rule string, value any) (want string) {
	text, isText := value.(string)
	if optional, ok := strings.CutSuffix(rule, "?"); ok {
		if text == "" {
			return ""
		}
		rule = optional
	}
	switch rule {
	case "":
		return ""
	case "positive":
		return checkPositive(value)
	case "nonempty":
		return orWant(text != "", "some text")
	case "addr":
		return checkAddr(text)
	case "url":
		return orWant(isURL(text, "http", "https"), "a URL such as https://desk.example")
	case "postgres":
		return orWant(isURL(text, "postgres", "postgresql"), "a URL such as postgres://user:password@host:5432/name")
	case "redis":
		return orWant(isURL(text, "redis", "rediss", "unix"), "a URL such as redis://host:6379/0")
	case "callurl":
		return orWant(isURL(text, "ws", "wss", "http", "https"), "a URL such as wss://calls.example")
	case "socketurl":
		return orWant(isSocketURL(text), "a URL such as wss://desk.example/ws/emergencias without a query, or a path such as /ws/emergencias")
	case "secret":
		return checkSecret(text)
	case "bcrypt":
		return orWant(models.StrongBcrypt(text), "a bcrypt hash of cost 10 to 14, which htpasswd -nBC 12 NAME prints behind the colon")
	case "path":
		return orWant(len(text) > 1 && strings.HasPrefix(text, "/") && strings.HasSuffix(text, "/") && !strings.ContainsAny(text, "*: ?#"),
			"a path such as /socket.io/ that begins and ends with a slash")
	case "token":
		return orWant(text != "" && strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == "",
			"letters, digits, - and _")
	case "roles":
		return checkEach(value.([]string), func(role string) bool { return slices.Contains(models.Roles, role) }, strings.Join(models.Roles, ", "))
	case "cidrs":
		return checkEach(value.([]string), isNetwork, "addresses or CIDR ranges such as 10.0.0.0/8")
	case "origins":
		return checkEach(value.([]string), isOrigin, "origins such as https://desk.example, without path; * is refused because cookies are sent")
	}
	if isText {
		for choice := range strings.SplitSeq(rule, "|") {
			if text == choice {
				return ""
			}
		}
	}
	return strings.ReplaceAll(rule, "|", ", ")
}

func orWant(ok bool, want string) string {
	if ok {
		return ""
	}
	return want
}

func checkPositive(value any) string {
	switch v := value.(type) {
	case int:
		return orWant(v > 0, "a number above 0")
	case int64:
		return orWant(v > 0, "a number above 0")
	case time.Duration:
		return orWant(v > 0, "a duration above 0")
	}
	return "a number"
}

func checkAddr(text string) string {
	_, port, err := net.SplitHostPort(text)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	return orWant(err == nil, "host:port such as 127.0.0.1:8080 or :8080")
}

func checkSecret(text string) string {
	for _, sample := range sampleSecrets {
		if strings.EqualFold(text, sample) {
			return "a key of your own, not the sample key of an example"
		}
	}
	return orWant(len(text) >= 16, "at least 16 random characters")
}

func checkEach(list []string, ok func(string) bool, want string) string {
	for _, item := range list {
		if !ok(item) {
			return want
		}
	}
	return ""
}

func isURL(text string, schemes ...string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" && u.Path == "" {
		return false
	}
	for _, s := range schemes {
		if u.Scheme == s {
			return u.Host != "" || s == "unix" || strings.HasPrefix(s, "postgres")
		}
	}
	return false
}

// isSocketURL refuses a query: existing clients put their own behind whatever the
// address is (emergencies contract 1.2).
func isSocketURL(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.User != nil || !strings.HasPrefix(u.Path, "/") {
		return false
	}
	return isURL(text, "ws", "wss") || u.Scheme == "" && u.Host == ""
}

func isNetwork(text string) bool {
	_, err := middleware.ParseNetworks([]string{text})
	return err == nil
}

func isOrigin(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" &&
		u.Path == "" && u.RawQuery == "" && u.Fragment == "" && u.User == nil && !strings.Contains(u.Host, "*")
}
