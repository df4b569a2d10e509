package relevo_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/relevo/relevo/server"
)

func read(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// expand gives ${NAME:-default} its default, as compose does without an
// environment.
func expand(text string) string {
	return regexp.MustCompile(`\$\{[A-Z_]+:-([^}]*)\}`).ReplaceAllString(text, "$1")
}

func TestComposeFile(t *testing.T) {
	var compose struct {
		Services map[string]struct {
			Environment map[string]string
			Healthcheck struct{ Test []string }
			DependsOn   map[string]struct{ Condition string } `yaml:"depends_on"`
			Volumes     []string
		}
		Volumes map[string]any
	}
	if err := yaml.Unmarshal([]byte(read(t, "docker-compose.yml")), &compose); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"relevo", "postgres", "redis"} {
		service, ok := compose.Services[name]
		if !ok || len(service.Healthcheck.Test) == 0 {
			t.Errorf("%s: present %v, health check %v", name, ok, service.Healthcheck.Test)
		}
		for _, v := range service.Volumes {
			if volume, _, _ := strings.Cut(v, ":"); !strings.HasPrefix(volume, ".") {
				if _, ok := compose.Volumes[volume]; !ok {
					t.Errorf("%s: volume %s is not declared", name, volume)
				}
			}
		}
	}
	relevo := compose.Services["relevo"]
	for name, on := range relevo.DependsOn {
		if _, ok := compose.Services[name]; !ok || on.Condition != "service_healthy" {
			t.Errorf("depends on %s %q", name, on.Condition)
		}
	}
	var environ []string
	for name, value := range relevo.Environment {
		environ = append(environ, name+"="+expand(value))
	}
	cfg, err := server.LoadConfig(server.Source{Environ: environ})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(cfg.Database.URL, "@postgres:5432/") {
		t.Errorf("database.url = %q", cfg.Database.URL)
	}
}

func TestDockerfile(t *testing.T) {
	text := strings.ReplaceAll(read(t, "Dockerfile"), "\\\n", " ")
	for _, want := range []string{"CGO_ENABLED=0", "FROM scratch", "USER 65532", "VOLUME /data", "STOPSIGNAL SIGTERM", `CMD ["/relevo", "health"]`} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %s", want)
		}
	}
	var environ []string
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, "ENV "); ok {
			environ = append(environ, strings.Fields(rest)...)
		}
	}
	cfg, err := server.LoadConfig(server.Source{Environ: environ})
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Data.Dir != "/data" || cfg.Log.Format != "json" {
		t.Errorf("data.dir %q, log.format %q", cfg.Data.Dir, cfg.Log.Format)
	}
	mod := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(read(t, "go.mod"))
	if !strings.Contains(text, "FROM golang:"+mod[1]+" ") {
		t.Errorf("the build image is not Go %s as in go.mod", mod[1])
	}
}

func TestLockFilesNameNoRegistry(t *testing.T) {
	for _, dir := range []string{"e2e", "web"} {
		if text := read(t, dir+"/package-lock.json"); strings.Contains(text, `"resolved"`) {
			t.Errorf("%s/package-lock.json names a registry; npm reads %s/.npmrc when run there", dir, dir)
		}
	}
}

// Without Node the program is built all the same, and what builds its page says that the
// page is missing; CI, which wants it, fails there.
func TestPageIsNotBuiltWithoutNode(t *testing.T) {
	tools := t.TempDir()
	for _, name := range []string{"bash", "dirname"} {
		path, err := exec.LookPath(name)
		if err == nil {
			err = os.Symlink(path, filepath.Join(tools, name))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for argument, want := range map[string]int{"": 0, "required": 1} {
		cmd := exec.Command(filepath.Join(tools, "bash"), "build/web.sh", argument)
		cmd.Env = []string{"PATH=" + tools}
		said, _ := cmd.CombinedOutput()
		if got := cmd.ProcessState.ExitCode(); got != want || !strings.Contains(string(said), "Node is missing") {
			t.Errorf("web.sh %s: status %d, want %d: %s", argument, got, want, said)
		}
	}
	if _, err := os.Stat("server/console/dist/README"); err != nil {
		t.Errorf("the folder of the page is not in the repository: %v", err)
	}
}
