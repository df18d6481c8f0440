package deploy_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// decode reads manifests as Kubernetes does with strict validation: an unknown
// field, or one that stands there twice, is an error.
func decode(t *testing.T, text []byte) ([]runtime.Object, error) {
	t.Helper()
	scheme := runtime.NewScheme()
	require.NoError(t, batch.AddToScheme(scheme))
	require.NoError(t, core.AddToScheme(scheme))
	strict := json.NewSerializerWithOptions(json.DefaultMetaFactory, scheme, scheme, json.SerializerOptions{Yaml: true, Strict: true})
	documents := yaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	var objects []runtime.Object
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		require.NoError(t, err)
		object, _, err := strict.Decode(document, nil, nil)
		if err != nil {
			return nil, err
		}
		objects = append(objects, object)
	}
}

func manifest(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("k8s", "capital.yaml"))
	require.NoError(t, err)
	return text
}

func TestTheManifestIsWhatKubernetesReads(t *testing.T) {
	objects, err := decode(t, manifest(t))
	require.NoError(t, err)
	require.Len(t, objects, 3)
	claim, isClaim := objects[0].(*core.PersistentVolumeClaim)
	shards, isJob := objects[1].(*batch.Job)
	merge, isJobToo := objects[2].(*batch.Job)
	require.True(t, isClaim && isJob && isJobToo)

	require.Equal(t, batch.IndexedCompletion, *shards.Spec.CompletionMode)
	require.Equal(t, core.RestartPolicyNever, shards.Spec.Template.Spec.RestartPolicy, "as backoffLimitPerIndex asks for")
	require.Positive(t, *shards.Spec.BackoffLimitPerIndex)
	args := strings.Join(shards.Spec.Template.Spec.Containers[0].Args, " ")
	require.Contains(t, args, fmt.Sprintf("--shard=$(JOB_COMPLETION_INDEX)/%d", *shards.Spec.Completions))
	require.Contains(t, args, "--out=/shards/$(JOB_COMPLETION_INDEX).shard")
	require.Equal(t, []string{"capital", "merge", "/shards"}, merge.Spec.Template.Spec.Containers[0].Args)

	for _, job := range []*batch.Job{shards, merge} {
		t.Run(job.Name, func(t *testing.T) {
			require.Positive(t, *job.Spec.ActiveDeadlineSeconds)
			pod := job.Spec.Template.Spec
			require.True(t, *pod.SecurityContext.RunAsNonRoot)
			require.False(t, *pod.AutomountServiceAccountToken)
			require.Equal(t, claim.Name, pod.Volumes[0].PersistentVolumeClaim.ClaimName)
			container := pod.Containers[0]
			require.True(t, *container.SecurityContext.ReadOnlyRootFilesystem)
			require.False(t, *container.SecurityContext.AllowPrivilegeEscalation)
			require.Equal(t, []core.Capability{"ALL"}, container.SecurityContext.Capabilities.Drop)
			require.Equal(t, pod.Volumes[0].Name, container.VolumeMounts[0].Name)
			require.Equal(t, "/shards", container.VolumeMounts[0].MountPath)
			for _, resource := range []core.ResourceName{core.ResourceCPU, core.ResourceMemory} {
				request, limit := container.Resources.Requests[resource], container.Resources.Limits[resource]
				require.Positive(t, request.Sign())
				require.GreaterOrEqual(t, limit.Cmp(request), 0)
			}
		})
	}
}

func TestAMisspelledFieldIsFound(t *testing.T) {
	for right, wrong := range map[string]string{
		"completionMode:":         "completionsMode:",
		"readOnlyRootFilesystem:": "readonlyRootFileSystem:",
		"completions: 16":         "completions: many",
	} {
		text := bytes.Replace(manifest(t), []byte(right), []byte(wrong), 1)
		require.NotEqual(t, manifest(t), text)
		_, err := decode(t, text)
		require.Error(t, err, wrong)
	}
}

func TestTheDockerfileBuildsWhatIsThere(t *testing.T) {
	text, err := os.ReadFile("Dockerfile")
	require.NoError(t, err)
	work, err := os.ReadFile(filepath.Join("..", "go.mod"))
	require.NoError(t, err)
	needed := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindSubmatch(work)
	require.NotNil(t, needed)
	require.Contains(t, string(text), "FROM golang:"+string(needed[1])+" AS build", "Go as the module asks for it")

	for _, program := range []string{"server", "bot", "simulator"} {
		require.FileExists(t, filepath.Join("..", program, "main.go"))
		require.Contains(t, string(text), " ./"+program)
		require.Contains(t, string(text), "FROM run AS "+program+"\n")
		require.Contains(t, string(text), "COPY --from=build /out/"+program+" ")
	}
	require.Contains(t, string(text), "USER 65532:65532")
	require.Regexp(t, `FROM gcr\.io/distroless/static-debian\d+:nonroot AS run`, string(text))
}
