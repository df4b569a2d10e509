package live

import (
	"context"
	"log/slog"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// quietLogger writes a library's log lines to the house's log. Panics of
// handlers do not come this way, so all that is left concerns single clients:
// nothing of it is above debug but what the library itself calls an error.
func quietLogger(to *zap.Logger) *slog.Logger {
	return slog.New(zapHandler{to.WithOptions(zap.WithCaller(false))})
}

type zapHandler struct{ to *zap.Logger }

func zapLevel(l slog.Level) zapcore.Level {
	if l >= slog.LevelError {
		return zapcore.ErrorLevel
	}
	return zapcore.DebugLevel
}

// Enabled implements slog.Handler.
func (h zapHandler) Enabled(_ context.Context, l slog.Level) bool {
	return h.to.Core().Enabled(zapLevel(l))
}

// Handle implements slog.Handler.
func (h zapHandler) Handle(_ context.Context, r slog.Record) error {
	fields := make([]zap.Field, 0, r.NumAttrs())
	r.Attrs(func(a slog.Attr) bool {
		fields = append(fields, zap.Any(a.Key, a.Value.Any()))
		return true
	})
	h.to.Log(zapLevel(r.Level), r.Message, fields...)
	return nil
}

// WithAttrs implements slog.Handler.
func (h zapHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	fields := make([]zap.Field, 0, len(attrs))
	for _, a := range attrs {
		fields = append(fields, zap.Any(a.Key, a.Value.Any()))
	}
	return zapHandler{h.to.With(fields...)}
}

// WithGroup implements slog.Handler. Names of groups are left out.
func (h zapHandler) WithGroup(string) slog.Handler { return h }
