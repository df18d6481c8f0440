package sql_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/evenkeelhq/evenkeel"
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
