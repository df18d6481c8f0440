package main

import (
	_ "embed"
	"fmt"
	"regexp"
	"strconv"
	"text/template"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/scenario"
)

// capitalJob is the command that prints a Kubernetes job.
type capitalJob struct {
	model
	Scenario    string `arg:"" optional:"" help:"Scenario of the plan." default:"crash_40pct_external_asset"`
	Shards      int64  `help:"How many parts to run." default:"16"`
	Parallelism int64  `help:"How many of them at a time." default:"4"`
	Name        string `help:"Name of job and claim." default:"evenkeel-capital"`
	Image       string `help:"Image of the simulator." default:"evenkeel/simulator:latest"`
}

//go:embed capitaljob.yaml
var jobYAML string

var jobTemplate = template.Must(template.New("job").Parse(jobYAML))

var (
	// A DNS label with room for "-merge", for the index and for a pod's suffix.
	jobName  = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$`)
	imageRef = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9._/:@-]{0,254}$`)
)

// Run prints the manifest; what the shards would refuse is an error already.
func (c *capitalJob) Run(to streams) error {
	s, err := scenario.NamedCapital(c.Scenario)
	if err != nil {
		return err
	}
	if _, err := c.trial(s); err != nil {
		return err
	}
	if _, err := parseShard(fmt.Sprintf("0/%d", c.Shards), c.Paths); err != nil {
		return usage(fmt.Errorf("--shards %d: must be 1 to %d, and at most the paths", c.Shards, maxShards))
	}
	switch {
	case c.Parallelism < 1 || c.Parallelism > c.Shards:
		return usage(fmt.Errorf("--parallelism %d: must be 1 to %d, the shards", c.Parallelism, c.Shards))
	case !jobName.MatchString(c.Name):
		return usage(fmt.Errorf("--name %.64q: must be a DNS label of at most 40 characters", c.Name))
	case !imageRef.MatchString(c.Image):
		return usage(fmt.Errorf("--image %.64q: must be the reference of an image", c.Image))
	}
	flags := make([]string, len(c.flags()))
	for i, flag := range c.flags() {
		flags[i] = strconv.Quote(flag)
	}
	return jobTemplate.Execute(to.out, struct {
		*capitalJob
		Flags, Command []string
	}{c, flags, c.command()})
}

// command is what to type for the same manifest.
func (c *capitalJob) command() []string {
	return append(
		append([]string{c.Scenario}, c.flags()...),
		"--shards", fmt.Sprint(c.Shards), "--parallelism", fmt.Sprint(c.Parallelism), "--name", c.Name, "--image", c.Image)
}
