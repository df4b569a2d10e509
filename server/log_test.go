package server

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"go.uber.org/zap"
)

func TestLogFormats(t *testing.T) {
	for format, wantJSON := range map[string]bool{"auto": true, "json": true, "console": false} {
		var out bytes.Buffer
		cfg := DefaultConfig()
		cfg.Log.Format = format
		log, _ := NewLogger(cfg, &out)
		log.Info("hello", zap.String("k", "v"))
		var line map[string]any
		err := json.Unmarshal(out.Bytes(), &line)
		if (err == nil) != wantJSON {
			t.Errorf("%s: %q", format, out.String())
		}
		if wantJSON && (line["msg"] != "hello" || line["level"] != "info" || line["k"] != "v" || line["time"] == nil) {
			t.Errorf("%s: %v", format, line)
		}
	}
}

func TestLogLevelChangesWhileRunning(t *testing.T) {
	var out bytes.Buffer
	cfg := DefaultConfig()
	cfg.Log.Level = "warn"
	log, level := NewLogger(cfg, &out)
	log.Info("unseen")
	level.SetLevel(zap.DebugLevel)
	log.Debug("seen")
	stdLog(log).Print("from net/http")
	if got := out.String(); strings.Contains(got, "unseen") || !strings.Contains(got, `"seen"`) || !strings.Contains(got, `"level":"debug","time"`) {
		t.Error(got)
	}
	level.SetLevel(zap.InfoLevel)
	out.Reset()
	stdLog(log).Print("http: TLS handshake error")
	if out.Len() != 0 {
		t.Errorf("net/http is heard above debug: %s", out.String())
	}
}
