// Package e2e starts the program as it is shipped and drives it with real clients:
// raw sockets, the npm package socket.io-client in two versions, and Chromium.
//
// It needs node, the packages of package-lock.json (npm ci in this folder), Postgres
// and chromium. What is missing is skipped with its name, and a skip fails in CI.
package e2e
