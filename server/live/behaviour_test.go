package live

import (
	"fmt"
	"os"
	"testing"

	"github.com/relevo/relevo/models/modelstest"
	"go.uber.org/goleak"
)

// The library's timers are known to stay (docs/engine-zishang.md); they are
// nobody else's.
func TestMain(m *testing.M) {
	code := modelstest.Main(m)
	err := goleak.Find(
		goleak.IgnoreTopFunction("github.com/zishang520/engine.io/v2/utils.SetInterval.func1"),
		goleak.IgnoreTopFunction("github.com/zishang520/engine.io/v2/utils.SetTimeout.func1"))
	if err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// opener makes the engine under test.
type opener func(t *testing.T, h Handler, o Options) Engine

func TestNative(t *testing.T) {
	testEngine(t, func(_ *testing.T, h Handler, o Options) Engine { return NewNative(h, o) })
}

// testEngine holds an engine to what every engine has to do.
func testEngine(t *testing.T, open opener) {
	for name, test := range map[string]func(*testing.T, opener){
		"Handshake":            testHandshake,
		"Refusals":             testRefusals,
		"CORS":                 testCORS,
		"OtherNamespace":       testOtherNamespace,
		"Anonymous":            testAnonymous,
		"Welcome":              testWelcome,
		"Audience":             testAudience,
		"Inbound":              testInbound,
		"InboundOrder":         testInboundOrder,
		"JoinClientRoom":       testJoinClientRoom,
		"RefreshLimit":         testRefreshLimit,
		"MalformedPackets":     testMalformedPackets,
		"Burst":                testBurst,
		"UpgradeUnderTraffic":  testUpgradeUnderTraffic,
		"MoveUser":             testMoveUser,
		"DropUser":             testDropUser,
		"EndRooms":             testEndRooms,
		"EndWhileWritten":      testEndWhileWritten,
		"EndWhileConnecting":   testEndWhileConnecting,
		"RevokedPoll":          testRevokedPoll,
		"ForgottenEnd":         testForgottenEnd,
		"IdentityLostMeantime": testIdentityLostMeantime,
		"ForeignSession":       testForeignSession,
		"Oversize":             testOversize,
		"HandlerPanic":         testHandlerPanic,
		"RawFrames":            testRawFrames,
		"RawRequests":          testRawRequests,
		"EarlyPackets":         testEarlyPackets,
		"HostileJSON":          testHostileJSON,
		"Resets":               testResets,
		"CloseFrames":          testCloseFrames,
		"Places":               testPlaces,
		"PlacesChurn":          testPlacesChurn,
		"HandshakeRate":        testHandshakeRate,
		"EventFlood":           testEventFlood,
		"UserEventFlood":       testUserEventFlood,
		"Stats":                testStats,
		"ConsoleWatch":         testConsoleWatch,
		"ConsoleRoleChange":    testConsoleRoleChange,
		"ConsoleClosed":        testConsoleClosed,
		"SocketStates":         testSocketStates,
		"DropSocket":           testDropSocket,
		"Trail":                testTrail,
		"Drain":                testDrain,
	} {
		t.Run(name, func(t *testing.T) { test(t, open) })
	}
}
