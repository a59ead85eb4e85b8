package compose

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/wirebook/wirebook/explain"
	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/world"
)

// The file in the repository is the one that the program writes.
func TestCommittedFile(t *testing.T) {
	plan, err := world.Default()
	if err != nil {
		t.Fatal(err)
	}
	want, err := Write(plan, Options{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../docker-compose.yml")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("docker-compose.yml is not what the world says: go run ./cmd/wirebook world compose > docker-compose.yml")
	}
}

// service is what the tests look at.
type service struct {
	Build       any               `yaml:"build"`
	Image       string            `yaml:"image"`
	NetworkMode string            `yaml:"network_mode"`
	Networks    []string          `yaml:"networks"`
	Ports       []string          `yaml:"ports"`
	Command     []string          `yaml:"command"`
	Entrypoint  []string          `yaml:"entrypoint"`
	DependsOn   []string          `yaml:"depends_on"`
	CapDrop     []string          `yaml:"cap_drop"`
	CapAdd      []string          `yaml:"cap_add"`
	Volumes     []string          `yaml:"volumes"`
	Sysctls     map[string]string `yaml:"sysctls"`
	DNS         []string          `yaml:"dns"`
	Restart     string            `yaml:"restart"`
	Healthcheck map[string]any    `yaml:"healthcheck"`
}

func read(t *testing.T, text string) (services map[string]service, volumes map[string]any) {
	t.Helper()
	var file struct {
		Services map[string]service `yaml:"services"`
		Volumes  map[string]any     `yaml:"volumes"`
	}
	if err := yaml.Unmarshal([]byte(text), &file); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return file.Services, file.Volumes
}

func TestDefaultWorld(t *testing.T) {
	plan, err := world.Default()
	if err != nil {
		t.Fatal(err)
	}
	text, err := Write(plan, Options{})
	if err != nil {
		t.Fatal(err)
	}
	services, volumes := read(t, text)
	if want := len(plan.Hosts) + len(plan.Routers) + 3; len(services) != want {
		t.Errorf("%d services, want %d", len(services), want)
	}
	for name, s := range services {
		if s.Restart != "unless-stopped" || len(s.Healthcheck) == 0 {
			t.Errorf("%s is not watched: %+v", name, s)
		}
		if len(s.Ports) > 0 && (name != "page" || !strings.HasPrefix(s.Ports[0], "${WIREBOOK_SHARE:-127.0.0.1}:")) {
			t.Errorf("%s can be reached from outside: %s", name, s.Ports)
		}
		if name != "page" && (s.NetworkMode != "none" || s.Networks != nil) {
			t.Errorf("%s has a network of Docker's: %+v", name, s)
		}
		for _, volume := range s.Volumes {
			if source, _, _ := strings.Cut(volume, ":"); !has(volumes, source) {
				t.Errorf("%s: there is no volume %s", name, source)
			}
		}
		for _, other := range s.DependsOn {
			if _, ok := services[other]; !ok {
				t.Errorf("%s depends on %s, which is not there", name, other)
			}
		}
	}
	for _, c := range []struct{ name, got, want string }{
		{"www", strings.Join(services["www"].Command, " "), "serve --host www --user 65532"},
		{"www", strings.Join(services["www"].CapDrop, " "), "ALL"},
		{"mail", strings.Join(services["mail"].Command, " "), "serve --host mail --user 65532 --state /var/lib/wirebook"},
		{"mail", strings.Join(services["mail"].Volumes, " "), "class:/run/wirebook mail:/var/lib/wirebook"},
		{"alice", strings.Join(services["alice"].DependsOn, " "), "switches dhcp"},
		{"carol", strings.Join(services["carol"].DependsOn, " "), "switches dhcp gw"},
		{"dave", strings.Join(services["dave"].DependsOn, " "), "switches nat"},
		{"dave", strings.Join(services["dave"].DNS, " "), "192.0.2.53"},
		{"gw", services["gw"].Sysctls["net.ipv4.ip_forward"], "1"},
		{"www", services["www"].Sysctls["net.ipv4.ip_forward"], ""},
		{"www", services["www"].Sysctls["net.ipv6.conf.all.disable_ipv6"], "0"},
		{"switches", strings.Join(services["switches"].CapAdd, " "), "NET_ADMIN NET_RAW SETUID SETGID"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.name, c.got, c.want)
		}
	}
}

func has(all map[string]any, name string) bool {
	_, ok := all[name]
	return ok
}

const small = `name: small
networks:
  lan: {ipv4: 192.0.2.0/24}
hosts:
  a: {on: lan, at: 1}
`

func TestWorldOfOnesOwn(t *testing.T) {
	plan, err := world.Parse(fstest.MapFS{}, "my.yaml", []byte(small))
	if err != nil {
		t.Fatal(err)
	}
	text, err := Write(plan, Options{File: "classes/my.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	services, _ := read(t, text)
	if got := strings.Join(services["a"].Command, " "); got != "serve --host a --user 65532 --world /world/my.yaml" {
		t.Error(got)
	}
	if got := strings.Join(services["a"].Volumes, " "); got != "class:/run/wirebook ./classes:/world:ro" {
		t.Error(got)
	}
	if _, ok := services["student"]; ok {
		t.Error("there is a workstation, on a network without numbers for guests")
	}
}

func TestNamesOfOtherContainers(t *testing.T) {
	for name := range reserved {
		plan, err := world.Parse(fstest.MapFS{}, "my.yaml", []byte(strings.Replace(small, "  a:", "  "+name+":", 1)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Write(plan, Options{}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What the containers leave out is said, by name, and stands in the file.
func TestBeyond(t *testing.T) {
	plan, err := world.Parse(fstest.MapFS{}, "my.yaml", []byte(small+`  b: {on: lan, at: 2, servers: {tftp: {files: .}}}
gateways: {10069: b:69, 11080: socks}
faults: {a: "drop=3", b: "loss=0.1"}
`))
	if err != nil {
		t.Fatal(err)
	}
	got := BeyondOf(plan)
	if len(got) != 2 || got[0].What != Gateways || strings.Join(got[0].Names, " ") != "10069: b:69 11080: socks" ||
		got[1].What != Script || strings.Join(got[1].Names, " ") != "a: drop=3" {
		t.Errorf("%+v", got)
	}
	text, err := Write(plan, Options{})
	if err != nil || !strings.Contains(text, "a: drop=3") || !strings.Contains(text, "11080: socks") {
		t.Errorf("%v\n%s", err, text)
	}
	plan.Faults["b"] = internet.Faults{Delay: time.Second}
	if got := BeyondOf(plan); got[2].What != Netem || got[2].Names[0] != "b: delay=1s" {
		t.Errorf("%+v", got)
	}
	for what := range sentences {
		for _, lang := range explain.Languages() {
			if said := lang.Say("cli.class.beyond."+what, map[string]any{"Names": "x"}); !strings.Contains(said, "x") {
				t.Errorf("%s, %s: %q", lang, what, said)
			}
		}
	}
}

// The workstation is the student's: it has nothing of the class's but the way in.
func TestWorkstationSeesNoSecrets(t *testing.T) {
	plan, err := world.Default()
	if err != nil {
		t.Fatal(err)
	}
	text, err := Write(plan, Options{})
	if err != nil {
		t.Fatal(err)
	}
	services, _ := read(t, text)
	for name, s := range services {
		mounts := strings.Join(s.Volumes, " ")
		if newcomer := name == "student"; newcomer == strings.Contains(mounts, "class:") {
			t.Errorf("%s sees %s", name, mounts)
		}
	}
}
