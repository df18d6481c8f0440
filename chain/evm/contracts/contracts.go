package contracts

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
)

// ErrInvalid is wrapped by every rejection of a name, an artifact or an argument.
var ErrInvalid = errors.New("contracts: invalid")

// Name is a contract that can be deployed. The zero Name is invalid.
type Name string

// The contracts, each in src/<Name>.sol but for the openers, which share a file.
const (
	Token         Name = "Token"
	PublicPool    Name = "PublicPool"
	PrivatePool   Name = "PrivatePool"
	PublicOpener  Name = "PublicOpener"
	PrivateOpener Name = "PrivateOpener"
	Factory       Name = "Factory"
	Stabilizer    Name = "Stabilizer"
)

var all = []Name{Token, PublicPool, PrivatePool, PublicOpener, PrivateOpener, Factory, Stabilizer}

//go:embed artifacts/*.json
var artifacts embed.FS

// Load returns a contract as committed. It returns ErrInvalid for a name that is
// none of the above. Each call reads it anew: keep what it returns.
func Load(name Name) (*Artifact, error) {
	text, err := artifacts.ReadFile("artifacts/" + string(name) + ".json")
	if err != nil {
		return nil, fmt.Errorf("%w: name %q: must be a contract of this package", ErrInvalid, name)
	}
	return Parse(text)
}

// Artifact is a contract as compile.mjs left it. Not written after Parse, and
// so safe for concurrent use.
type Artifact struct {
	Name     Name
	ABI      abi.ABI
	Bytecode []byte            // what is sent to deploy it, before the constructor's arguments
	Sources  map[string]string // SHA-256, in hex, of each file it was compiled from
}

// Parse reads an artifact. It returns ErrInvalid for text that is not one.
func Parse(text []byte) (*Artifact, error) {
	var a struct {
		Contract Name
		ABI      abi.ABI
		Bytecode hexutil.Bytes
		Sources  map[string]string
	}
	if err := json.Unmarshal(text, &a); err != nil {
		return nil, fmt.Errorf("%w: artifact: %w", ErrInvalid, err)
	}
	if a.Contract == "" || len(a.Bytecode) == 0 {
		return nil, fmt.Errorf("%w: artifact %q of %d bytes of code: must have a name and code", ErrInvalid, a.Contract, len(a.Bytecode))
	}
	return &Artifact{Name: a.Contract, ABI: a.ABI, Bytecode: a.Bytecode, Sources: a.Sources}, nil
}

// Creation returns the data of the transaction, to nobody, that deploys the
// contract. Arguments have the types of go-ethereum's accounts/abi; a struct in
// Solidity is a struct with the same fields here, such as [PoolConfig]. It
// returns ErrInvalid if they do not fit the constructor.
func (a *Artifact) Creation(args ...any) ([]byte, error) {
	packed, err := a.ABI.Pack("", args...)
	if err != nil {
		return nil, fmt.Errorf("%w: arguments of %s: %w", ErrInvalid, a.Name, err)
	}
	return slices.Concat(a.Bytecode, packed), nil
}

// Reason says in words why a call reverted, from the data that it reverted with: a
// custom error of any contract here, whichever was called first; a require string; a
// check of the compiler's. Other data is shown in hex. It reads every contract, so it
// is for messages, not for decisions.
func Reason(revert []byte) string {
	if text, err := abi.UnpackRevert(revert); err == nil {
		return text
	}
	for _, name := range all {
		a, err := Load(name)
		if err != nil || len(revert) < 4 {
			break
		}
		e, err := a.ABI.ErrorByID([4]byte(revert))
		if err != nil {
			continue
		}
		if values, err := e.Inputs.Unpack(revert[4:]); err == nil {
			return show(e.Name, values)
		}
	}
	return hexutil.Encode(revert)
}

// show writes an error and its values as Solidity would.
func show(name string, values []any) string {
	text := name + "("
	for i, v := range values {
		if i > 0 {
			text += ", "
		}
		if address, ok := v.(common.Address); ok {
			v = address.Hex()
		}
		text += fmt.Sprint(v)
	}
	return text + ")"
}
