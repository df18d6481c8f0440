package scenario

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/patch"
	"github.com/evenkeelhq/evenkeel/pmm/mesh"
	"github.com/evenkeelhq/evenkeel/risk/capital"
)

// ErrInvalid is a scenario that cannot be used; so are the errors of patch and of
// the two packages that a scenario is for.
var ErrInvalid = errors.New("scenario: invalid")

//go:embed data/*.yaml
var files embed.FS

// Scenario is one file.
type Scenario struct {
	About   string // what it asks, in a sentence
	Mesh    mesh.Scenario
	Capital *Capital // nil where it says nothing about capital
}

// Capital is what a scenario assumes of a treasury: what comes upon it, and what
// of a profile's parameters is otherwise.
type Capital struct {
	capital.Scenario
	Params map[string]any `json:"params,omitempty"`
}

// file is a scenario as it is written down.
type file struct {
	About      string `json:"about,omitempty"`
	Base       string `json:"base,omitempty"`       // the mesh scenario that it changes
	Deployment string `json:"deployment,omitempty"` // a deployment status (JSON), beside the file
	mesh.Scenario
}

// Names returns the names that [Named] knows.
func Names() []string { return mesh.Names() }

// Named returns a scenario of the capital-efficiency plan, or [mesh.ErrUnknown]. Its
// pools are those of a deployment status, a file of JSON, where one is given.
func Named(name, status string) (Scenario, error) {
	if _, err := mesh.Named(name); err != nil {
		return Scenario{}, err
	}
	f, err := files.Open("data/" + name + ".yaml")
	if err != nil {
		return Scenario{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	defer func() { _ = f.Close() }() // it was only read
	return read(name+".yaml", f, status)
}

// NamedCapital is [Named] for what capital meets: [capital.ErrUnknownScenario]
// names the nearest.
func NamedCapital(name string) (Scenario, error) {
	if _, err := capital.FindScenario(name); err != nil {
		return Scenario{}, err
	}
	return Named(name, "")
}

// Read reads a scenario of one's own, named as its file unless it says otherwise.
// A status takes the place of the one that the file names.
func Read(path, status string) (Scenario, error) {
	f, err := os.Open(path)
	if err != nil {
		return Scenario{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	defer func() { _ = f.Close() }() // it was only read
	return read(path, f, status)
}

func read(path string, r io.Reader, status string) (Scenario, error) {
	p, err := patch.Read(path, r)
	if err != nil {
		return Scenario{}, err
	}
	said, err := patch.Over(file{}, p)
	if err != nil {
		return Scenario{}, err
	}
	var base file
	if said.Base != "" {
		if base.Scenario, err = mesh.Named(said.Base); err != nil {
			return Scenario{}, fmt.Errorf("%w: %s: base: %w", ErrInvalid, path, err)
		}
	}
	base.Name = strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	whole, err := patch.Over(base, p)
	if err != nil {
		return Scenario{}, err
	}
	s := Scenario{About: whole.About, Mesh: whole.Scenario}
	if status == "" && whole.Deployment != "" {
		if !filepath.IsLocal(whole.Deployment) {
			return Scenario{}, fmt.Errorf("%w: %s: deployment %q: must be a file beside the scenario, or below", ErrInvalid, path, whole.Deployment)
		}
		status = filepath.Join(filepath.Dir(path), whole.Deployment)
	}
	if err := s.place(path, status, base.GraphMode); err != nil {
		return Scenario{}, err
	}
	if err := s.Mesh.Validate(); err != nil {
		return Scenario{}, fmt.Errorf("%s: %w", path, err)
	}
	s.Capital, err = readCapital(path, s.Mesh)
	return s, err
}

// place puts the scenario on a deployment status if it has one, and sees to it
// that its mode says so.
func (s *Scenario) place(path, status string, was mesh.GraphMode) error {
	switch deployed := s.Mesh.GraphMode == mesh.Deployed; {
	case status != "" && !deployed:
		return fmt.Errorf("%w: %s: graphMode %q: must be deployed, for there is a deployment status", ErrInvalid, path, s.Mesh.GraphMode)
	case status == "" && deployed && was != mesh.Deployed:
		return fmt.Errorf("%w: %s: graphMode deployed: must have a deployment status, under deployment or --deployment", ErrInvalid, path)
	case status == "":
		return nil
	}
	d, err := readStatus(status)
	if err != nil {
		return err
	}
	if s.Mesh, err = s.Mesh.On(d); err != nil {
		return fmt.Errorf("%s: %w", status, err)
	}
	return nil
}

// maxStatus is more than a deployment status has, in bytes.
const maxStatus = 16 << 20

func readStatus(path string) (d mesh.Deployment, err error) {
	f, err := os.Open(path)
	if err != nil {
		return d, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	defer func() { _ = f.Close() }() // it was only read
	decoder := json.NewDecoder(io.LimitReader(f, maxStatus))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&d); err != nil {
		return d, fmt.Errorf("%w: %s: %w", ErrInvalid, path, err)
	}
	if decoder.More() {
		return d, fmt.Errorf("%w: %s: must be one deployment status and nothing else", ErrInvalid, path)
	}
	return d, nil
}

func readCapital(path string, m mesh.Scenario) (*Capital, error) {
	if m.CapitalEfficiency == nil {
		return nil, nil
	}
	c, err := patch.Over(Capital{Scenario: capital.Scenario{Name: m.Name}}, patch.Of(path+": capitalEfficiency", m.CapitalEfficiency))
	if err == nil && c.Name != m.Name {
		err = fmt.Errorf("%w: %s: capitalEfficiency.name %.64q: must be the scenario's", ErrInvalid, path, c.Name)
	}
	return &c, err
}

// Apply returns a profile's parameters as the scenario has them.
func (c Capital) Apply(p capital.Params) (capital.Params, error) {
	p, err := patch.Over(p, patch.Of(c.Name+": params", c.Params))
	return c.Scenario.Apply(p), err
}
