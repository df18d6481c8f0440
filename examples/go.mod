module github.com/evenkeelhq/evenkeel/examples

go 1.25.0

replace github.com/evenkeelhq/evenkeel => ../

require (
	github.com/alecthomas/kong v1.17.0
	github.com/benbjohnson/clock v1.3.5
	github.com/evenkeelhq/evenkeel v0.1.0
	github.com/google/go-cmp v0.7.0
	github.com/holiman/uint256 v1.3.2
	github.com/jedib0t/go-pretty/v6 v6.8.3
	github.com/schollz/progressbar/v3 v3.19.1
	github.com/shopspring/decimal v1.6.0
	github.com/stretchr/testify v1.12.1
	golang.org/x/sync v0.22.0
)
