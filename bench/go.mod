module github.com/evenkeelhq/evenkeel/bench

go 1.25.0

replace github.com/evenkeelhq/evenkeel => ../

require (
	github.com/evenkeelhq/evenkeel v0.1.0
	github.com/holiman/uint256 v1.3.2
	github.com/shopspring/decimal v1.6.0
	github.com/stretchr/testify v1.12.1
)
