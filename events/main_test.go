package events_test

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/relevo/relevo/models/modelstest"
)

func TestMain(m *testing.M) {
	code := modelstest.Main(m)
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Println(err)
		code = 1
	}
	os.Exit(code)
}
