// Package scenario reads what the mesh and capital commands live through. A
// scenario is a file of YAML: a patch over one of the scenarios of pmm/mesh, its
// base, and under capitalEfficiency what risk/capital is to assume beside it. The
// files in data are those of the capital-efficiency plan, and patterns for others.
package scenario
