package mesh

import (
	_ "embed" // for chain138.json
	"encoding/json"
)

//go:embed chain138.json
var chain138JSON []byte

// Chain138 returns the deployment status that the deployed scenarios start from:
// the four public pools of Vault plan §4 and one of M0, the external asset. It
// has the form of a real one; addresses and balances are made up.
func Chain138() Deployment {
	var d Deployment
	if err := json.Unmarshal(chain138JSON, &d); err != nil {
		panic(err) // it is part of this package
	}
	return d
}
