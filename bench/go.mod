module github.com/evenkeelhq/evenkeel/bench

go 1.25.0

replace github.com/evenkeelhq/evenkeel => ../

require (
	github.com/evenkeelhq/evenkeel v0.1.0
	github.com/holiman/uint256 v1.3.2
	github.com/shopspring/decimal v1.6.0
	github.com/stretchr/testify v1.12.1
)

require (
	github.com/benbjohnson/clock v1.3.5 // indirect
	go.uber.org/multierr v1.10.0 // indirect
	go.uber.org/zap v1.28.0 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
)
