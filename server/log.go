package server

import (
	"io"
	"log"
	"os"
	"time"

	"github.com/mattn/go-isatty"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// NewLogger makes the process's logger, writing to w, and the level that can be
// changed while it runs. log.format auto is console when w is a terminal and
// json elsewhere.
func NewLogger(cfg *Config, w io.Writer) (*zap.Logger, zap.AtomicLevel) {
	level := zap.NewAtomicLevel()
	if l, err := zapcore.ParseLevel(cfg.Log.Level); err == nil { // checked by LoadConfig
		level.SetLevel(l)
	}
	fields := zap.NewProductionEncoderConfig()
	fields.TimeKey = "time"
	fields.EncodeTime = zapcore.RFC3339NanoTimeEncoder
	fields.EncodeDuration = encodeMillis
	encoder := zapcore.NewJSONEncoder(fields)
	if cfg.Log.Format == "console" || cfg.Log.Format == "auto" && isTerminal(w) {
		fields.EncodeTime = zapcore.TimeEncoderOfLayout("15:04:05.000")
		fields.EncodeLevel = zapcore.CapitalLevelEncoder
		fields.EncodeDuration = zapcore.StringDurationEncoder
		encoder = zapcore.NewConsoleEncoder(fields)
	}
	// Not sampled: a request id that stands in an answer must be found in the log.
	return zap.New(zapcore.NewCore(encoder, zapcore.Lock(zapcore.AddSync(w)), level)), level
}

// encodeMillis keeps the fraction: most requests take less than a millisecond.
func encodeMillis(d time.Duration, out zapcore.PrimitiveArrayEncoder) {
	out.AppendFloat64(float64(d) / float64(time.Millisecond))
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}

// stdLog lets net/http write its complaints (broken handshakes, resets by the
// peer) at debug: they are faults of clients, not of this process.
func stdLog(logger *zap.Logger) *log.Logger {
	std, err := zap.NewStdLogAt(logger, zapcore.DebugLevel)
	if err != nil {
		panic(err) // only an unknown level fails
	}
	return std
}
