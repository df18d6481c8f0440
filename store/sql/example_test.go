package sql_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/reward"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

// A journal outlives the program that kept it.
func Example() {
	if err := count(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// counted 1
	// counted 2
}

// What providers show is in the ledger when Submit returns, and waits for a round.
func ExampleDB_Ledger() {
	ctx := context.Background()
	folder, err := os.MkdirTemp("", "evenkeel")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(folder) }()
	db, err := sql.Open(ctx, "sqlite:"+filepath.Join(folder, "pool.db"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = db.Close() }()
	ledger, now := db.Ledger(), time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	fmt.Println(ledger.Register(ctx, reward.Registration{
		User: "ann", Exchange: "kraken", Unit: "btc", Address: "BMJ2PJ1TNMwnTYUopQVxBrAPmmJjJjhd96", At: now,
	}))
	order := reward.Order{Side: exchange.Bid, OrderID: "17", Price: decimal.New(99, -2), Amount: decimal.New(10, 0), Peg: decimal.New(1, 0)}
	shown := reward.Submission{User: "ann", Exchange: "kraken", Unit: "btc", IssuedAt: now, SeenAt: now, Orders: []reward.Order{order}}
	fmt.Println(ledger.Submit(ctx, shown))
	fmt.Println(ledger.Submit(ctx, shown))
	waiting, err := ledger.Pending(ctx, 0, 10)
	fmt.Println(len(waiting), err)
	// Output:
	// <nil>
	// <nil>
	// reward: proof was used before: kraken/btc/ann at 2026-01-02 12:00:00 +0000 UTC, last 2026-01-02 12:00:00 +0000 UTC
	// 1 <nil>
}

func count(ctx context.Context) error {
	folder, err := os.MkdirTemp("", "evenkeel")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	for hour := range 2 {
		db, err := sql.Open(ctx, "sqlite:"+filepath.Join(folder, "evenkeel.db"))
		if err != nil {
			return err
		}
		runner, err := evenkeel.NewRunner("count", counter{}, counter{}, db.Store(), evenkeel.Options{})
		if err != nil {
			return err
		}
		decision, err := runner.Tick(ctx, time.Date(2026, 1, 2, hour, 0, 0, 0, time.UTC))
		if err != nil {
			return err
		}
		fmt.Println(decision)
		if err := db.Close(); err != nil {
			return err
		}
	}
	return nil
}
