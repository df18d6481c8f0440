// Package deploy has no code: its tests hold the Dockerfile and the manifests to
// the schemas of those who read them. It is a module of its own, so that nothing
// else needs Kubernetes' types.
package deploy
