package memchain_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/holiman/uint256"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/abi"
	"github.com/evenkeelhq/evenkeel/chain/memchain"
)

var errNo = errors.New("no")

func TestMineKeepsTheStatedOrder(t *testing.T) {
	w := newWorld(t, memchain.Options{})
	token := memchain.NewToken(w.Chain, 6)
	w.do(bob, func(env memchain.Env) error { return token.Mint(env, keeper, num(10)) })

	var seen []string
	look := func(name string) memchain.Tx {
		return memchain.Tx{From: bob, Do: func(memchain.Env) error {
			balance := token.Balance(bob)
			seen = append(seen, name+" "+balance.Dec())
			return nil
		}}
	}
	send := func(id string) {
		t.Helper()
		_, err := w.Client(keeper).Send(t.Context(), id, chain.Tx{
			Call:        abi.Transfer.Call(token.Address(), abi.Payment{Who: bob, Amount: num(1)}),
			MaxGasPrice: num(1e9), Deadline: 100,
		})
		require.NoError(t, err)
	}
	send("1")
	w.mine(look("before"), memchain.Pending, look("after"))
	send("2")
	w.mine(look("before"))
	w.mine(look("later"))
	require.Equal(t, []string{"before 0", "after 1", "before 1", "later 2"}, seen)
}

func TestMineReportsReverts(t *testing.T) {
	w := newWorld(t, memchain.Options{})
	token := memchain.NewToken(w.Chain, 6)
	mint := memchain.Tx{From: bob, Do: func(env memchain.Env) error { return token.Mint(env, bob, num(5)) }}
	half := memchain.Tx{From: bob, Do: func(env memchain.Env) error {
		if err := token.Transfer(env, keeper, num(3)); err != nil {
			return err
		}
		if balance := token.Balance(keeper); balance.Uint64() != 3 {
			t.Error("a transaction sees its own writes")
		}
		return errNo
	}}
	m := w.mine(mint, half, memchain.Pending, mint)
	require.Len(t, m.Reverts, 4)
	require.ErrorIs(t, m.Reverts[1], errNo)
	require.NoError(t, errors.Join(m.Reverts[0], m.Reverts[2], m.Reverts[3]))
	require.Equal(t, num(10), token.Balance(bob), "of a reverted transaction nothing stands")
	require.Equal(t, num(0), token.Balance(keeper))
	require.Equal(t, num(3*200_000*1e9), w.GasSpent(bob), "but it cost its gas")
}

func TestTryTakesBackItsOwnWritesOnly(t *testing.T) {
	for name, fails := range map[string]error{"in a transaction that stands": nil, "in one that reverts": errNo} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, memchain.Options{})
			token := memchain.NewToken(w.Chain, 6)
			w.do(bob, func(env memchain.Env) error { return token.Mint(env, bob, num(100)) })
			transfer := func(amount uint64, err error) func(memchain.Env) error {
				return func(env memchain.Env) error {
					return errors.Join(token.Transfer(env, keeper, num(amount)), err)
				}
			}
			reverts := w.mine(memchain.Tx{From: bob, Do: func(env memchain.Env) error {
				require.ErrorIs(t, env.Try(transfer(2, errNo)), errNo)
				require.NoError(t, transfer(1, nil)(env))
				require.NoError(t, env.Try(transfer(4, nil)))
				require.ErrorIs(t, env.Try(transfer(8, errNo)), errNo)
				require.Equal(t, num(5), token.Balance(keeper))
				require.NoError(t, transfer(16, nil)(env))
				return fails
			}}).Reverts
			want := num(21)
			if fails != nil {
				require.ErrorIs(t, reverts[0], fails)
				want = num(0)
			}
			require.Equal(t, want, token.Balance(keeper))
			w.reorg(1)
			require.Equal(t, num(0), token.Balance(keeper))
			require.Equal(t, num(100), token.Balance(bob))
		})
	}
}

func TestMineRefusesToRunTimeBackwards(t *testing.T) {
	w := newWorld(t, memchain.Options{})
	before := w.mine()
	_, err := w.Mine(before.Time.Add(-time.Microsecond))
	require.ErrorIs(t, err, chain.ErrInvalid)
	require.Equal(t, before.Block, w.Head())
	m, err := w.Mine(before.Time)
	require.NoError(t, err, "blocks may share a second")
	require.Equal(t, before.Hash, m.Parent)
}

func TestReorgReturnsTheHostsTransactions(t *testing.T) {
	w := newWorld(t, memchain.Options{})
	var ran []string
	tx := func(name string) memchain.Tx {
		return memchain.Tx{From: bob, Do: func(memchain.Env) error { ran = append(ran, name); return nil }}
	}
	w.mine(tx("a"))
	w.mine(tx("b"), memchain.Pending, tx("c"))
	w.mine(tx("d"))
	orphaned := w.reorg(2)
	require.Len(t, orphaned, 3)
	w.mine(orphaned...)
	require.Equal(t, []string{"a", "b", "c", "d", "b", "c", "d"}, ran)
	require.EqualValues(t, 2, w.Head().Number)
	require.Empty(t, w.reorg(0))
}

func TestHistoryIsBounded(t *testing.T) {
	w := newWorld(t, memchain.Options{History: 4})
	client := w.Client(keeper)
	genesisBlock := w.Head()
	for range 9 {
		w.mine()
	}
	head := w.Head().Number
	for number := range head + 2 {
		b, err := client.Block(t.Context(), number)
		if head-3 <= number && number <= head {
			require.NoError(t, err)
			require.Equal(t, number, b.Number)
			continue
		}
		require.ErrorIs(t, err, chain.ErrNotFound, number)
	}
	_, err := client.Read(t.Context(), genesisBlock.Hash)
	require.ErrorIs(t, err, chain.ErrNotFound)

	for _, depth := range []int{4, -1} {
		_, err = w.Reorg(depth)
		require.ErrorIs(t, err, chain.ErrInvalid)
	}
	w.reorg(3)
	_, err = w.Reorg(1)
	require.ErrorIs(t, err, chain.ErrInvalid, "what was given up does not come back")
	for range 9 {
		w.mine()
	}
	w.reorg(3)
}

func TestReceiptsOutliveTheHistory(t *testing.T) {
	w := newWorld(t, memchain.Options{History: 2})
	token := memchain.NewToken(w.Chain, 6)
	client := w.Client(keeper)
	tx := chain.Tx{
		Call:        abi.Transfer.Call(token.Address(), abi.Payment{Who: bob}),
		MaxGasPrice: num(1e9), Deadline: 100,
	}
	_, err := client.Send(t.Context(), "old", tx)
	require.NoError(t, err)
	w.mine()
	want, err := client.Receipt(t.Context(), "old")
	require.NoError(t, err)
	require.Equal(t, want.Output, abi.Transfer.EncodeResult(true))
	for range 9 {
		w.mine()
	}
	got, err := client.Receipt(t.Context(), "old")
	require.NoError(t, err)
	require.Equal(t, want, got)
	hash, err := client.Send(t.Context(), "old", tx)
	require.NoError(t, err)
	require.Equal(t, want.Tx, hash)
	tx.Data = abi.Transfer.Encode(abi.Payment{Who: bob, Amount: num(1)})
	_, err = client.Send(t.Context(), "old", tx)
	require.ErrorIs(t, err, chain.ErrInvalid, "an id never gets another payload")
}

func TestDearGasLetsCheapTransactionsWait(t *testing.T) {
	w := newWorld(t, memchain.Options{GasPrice: num(10), GasPerTx: 100})
	token := memchain.NewToken(w.Chain, 6)
	client := w.Client(keeper)
	status := func() chain.Receipt {
		r, err := client.Receipt(t.Context(), "1")
		require.NoError(t, err)
		return r
	}
	_, err := client.Send(t.Context(), "1", chain.Tx{
		Call:        abi.Transfer.Call(token.Address(), abi.Payment{Who: bob}),
		MaxGasPrice: num(20), Deadline: 100,
	})
	require.NoError(t, err)
	w.SetGasPrice(num(21))
	require.Equal(t, num(21), w.mine().GasPrice)
	require.Equal(t, chain.Pending, status().Status)
	w.SetGasPrice(num(20))
	w.mine()
	require.Equal(t, chain.Mined, status().Status)
	require.Equal(t, num(2000), status().GasCost, "what the block asks, for every unit")
	require.Equal(t, num(2000), w.GasSpent(keeper))
	w.reorg(1)
	require.Equal(t, num(0), w.GasSpent(keeper))
}

func TestFaults(t *testing.T) {
	w := newWorld(t, memchain.Options{})
	token := memchain.NewToken(w.Chain, 6)
	call := abi.Transfer.Call(token.Address(), abi.Payment{Who: bob})
	tx := chain.Tx{Call: call, MaxGasPrice: num(2e9), Deadline: 100}
	client, other := w.Client(keeper), w.Client(keeper)
	status := func(id string) chain.Status {
		r, err := other.Receipt(t.Context(), id)
		require.NoError(t, err)
		return r.Status
	}

	t.Run("an offline node answers nothing", func(t *testing.T) {
		client.SetFaults(memchain.Faults{Offline: true})
		head := w.Head()
		for _, err := range []error{
			second(client.Head(t.Context())), second(client.Block(t.Context(), 0)), second(client.Read(t.Context(), head.Hash)),
			second(client.Send(t.Context(), "offline", tx)), client.Cancel(t.Context(), "offline", num(1)), second(client.Receipt(t.Context(), "offline")),
		} {
			require.ErrorIs(t, err, memchain.ErrOffline)
			require.NotErrorIs(t, err, chain.ErrNotFound)
		}
		require.ErrorIs(t, second(other.Receipt(t.Context(), "offline")), chain.ErrNotFound, "one node's fault is not the other's")
	})
	t.Run("a scripted revert reverts what would succeed", func(t *testing.T) {
		client.SetFaults(memchain.Faults{Revert: true})
		require.NoError(t, second(client.Send(t.Context(), "reverts", tx)))
		client.SetFaults(memchain.Faults{})
		w.mine()
		require.Equal(t, chain.Reverted, status("reverts"))
	})
	t.Run("a delay of one block is one block", func(t *testing.T) {
		client.SetFaults(memchain.Faults{DelayBlocks: 1})
		require.NoError(t, second(client.Send(t.Context(), "late", tx)))
		w.mine()
		require.Equal(t, chain.Pending, status("late"))
		w.mine()
		require.Equal(t, chain.Mined, status("late"))
	})
	t.Run("what is dropped on arrival waits to be sent again", func(t *testing.T) {
		client.SetFaults(memchain.Faults{Drop: true})
		require.NoError(t, second(client.Send(t.Context(), "dropped", tx)))
		w.mine()
		require.NoError(t, second(client.Send(t.Context(), "dropped", tx)))
		w.mine()
		require.Equal(t, chain.Pending, status("dropped"), "it is dropped each time")
		client.SetFaults(memchain.Faults{})
		require.NoError(t, second(client.Send(t.Context(), "dropped", tx)))
		w.mine()
		require.Equal(t, chain.Mined, status("dropped"))
	})
	t.Run("what is sent again travels again", func(t *testing.T) {
		require.NoError(t, second(client.Send(t.Context(), "again", tx)))
		client.Drop("again")
		client.SetFaults(memchain.Faults{DelayBlocks: 1})
		require.NoError(t, second(client.Send(t.Context(), "again", tx)))
		client.SetFaults(memchain.Faults{})
		w.mine()
		require.Equal(t, chain.Pending, status("again"))
		w.mine()
		require.Equal(t, chain.Mined, status("again"))
	})
	t.Run("behind a lagging node a deadline may have passed unseen", func(t *testing.T) {
		stale := tx
		stale.Deadline = w.Head().Number
		require.ErrorIs(t, second(client.Send(t.Context(), "stale", stale)), chain.ErrTooLate)
		client.SetFaults(memchain.Faults{LagBlocks: 1})
		require.NoError(t, second(client.Send(t.Context(), "stale", stale)))
		client.SetFaults(memchain.Faults{})
		w.mine()
		require.Equal(t, chain.Expired, status("stale"))
	})
	t.Run("a dropped replacement leaves the first version standing", func(t *testing.T) {
		require.NoError(t, second(client.Send(t.Context(), "first", tx)))
		client.SetFaults(memchain.Faults{Drop: true})
		require.NoError(t, client.Cancel(t.Context(), "first", num(3e9)))
		w.mine()
		require.Equal(t, chain.Mined, status("first"))
	})
	t.Run("a lag beyond the history shows its oldest block", func(t *testing.T) {
		client.SetFaults(memchain.Faults{LagBlocks: 1 << 40})
		head, err := client.Head(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 0, head.Number)
	})
}

func second[T any](_ T, err error) error { return err }

// clock is a contract that tells its block's number.
type clock struct{}

func (clock) Call(env memchain.Env, _ []byte) ([]byte, error) {
	return []byte{byte(env.Block().Number)}, nil
}

func TestCodeRunsInTheBlockItIsReadAt(t *testing.T) {
	w := newWorld(t, memchain.Options{})
	call := chain.Call{To: w.Deploy(clock{})}
	for range 3 {
		w.mine()
	}
	for number := range byte(4) {
		b, err := w.Client(keeper).Block(t.Context(), uint64(number))
		require.NoError(t, err)
		answers, err := w.Client(keeper).Read(t.Context(), b.Hash, call)
		require.NoError(t, err)
		require.Equal(t, [][]byte{{number}}, answers)
	}
}

func TestACancellationCostsTheGasOfAnEmptyTransaction(t *testing.T) {
	w := newWorld(t, memchain.Options{GasPrice: num(10)})
	client := w.Client(keeper)
	_, err := client.Send(t.Context(), "1", chain.Tx{Call: chain.Call{To: bob}, MaxGasPrice: num(10), Deadline: 100})
	require.NoError(t, err)
	require.NoError(t, client.Cancel(t.Context(), "1", num(11)))
	w.mine()
	r, err := client.Receipt(t.Context(), "1")
	require.NoError(t, err)
	require.Equal(t, chain.Cancelled, r.Status)
	require.Equal(t, num(210_000), r.GasCost)
}

func TestASupplyCannotOverflow(t *testing.T) {
	w := newWorld(t, memchain.Options{})
	token := memchain.NewToken(w.Chain, 0)
	var most uint256.Int
	most.SetAllOne()
	w.do(bob, func(env memchain.Env) error { return token.Mint(env, bob, most) })
	mint := func(env memchain.Env) error { return token.Mint(env, bob, num(1)) }
	require.ErrorContains(t, w.mine(memchain.Tx{From: bob, Do: mint}).Reverts[0], "overflows")
	require.Equal(t, most, token.Supply())
	require.ErrorContains(t, w.mine(memchain.Tx{From: keeper, Do: func(env memchain.Env) error { return token.Burn(env, num(1)) }}).Reverts[0], "needs 1")
	w.do(bob, func(env memchain.Env) error { return token.Burn(env, most) })
	require.Equal(t, num(0), token.Supply())
}

// bad is a contract that answers although it reverts.
type bad struct{}

func (bad) Call(memchain.Env, []byte) ([]byte, error) { return []byte("answer"), errNo }

func TestARevertHasNoOutput(t *testing.T) {
	w := newWorld(t, memchain.Options{})
	client := w.Client(keeper)
	call := chain.Call{To: w.Deploy(bad{})}
	_, err := client.Send(t.Context(), "1", chain.Tx{Call: call, MaxGasPrice: num(1e9), Deadline: 100})
	require.NoError(t, err)
	w.mine()
	r, err := client.Receipt(t.Context(), "1")
	require.NoError(t, err)
	require.Equal(t, chain.Reverted, r.Status)
	require.Nil(t, r.Output)
	answers, err := client.Read(t.Context(), w.Head().Hash, call)
	require.ErrorIs(t, err, errNo, "the contract's reason is kept")
	require.Nil(t, answers)
}

func TestOrphansWaitInTheirOldOrder(t *testing.T) {
	w := newWorld(t, memchain.Options{GasPrice: num(10)})
	token := memchain.NewToken(w.Chain, 6)
	w.do(bob, func(env memchain.Env) error { return token.Mint(env, keeper, num(1)) })
	client := w.Client(keeper)
	send := func(id string, price uint64) {
		t.Helper()
		_, err := client.Send(t.Context(), id, chain.Tx{
			Call:        abi.Transfer.Call(token.Address(), abi.Payment{Who: bob, Amount: num(1)}),
			MaxGasPrice: num(price), Deadline: 100,
		})
		require.NoError(t, err)
	}
	status := func(id string) chain.Status {
		r, err := client.Receipt(t.Context(), id)
		require.NoError(t, err)
		return r.Status
	}
	send("first", 10)
	send("second", 9) // too cheap for now
	w.mine()
	require.Equal(t, chain.Mined, status("first"))
	w.reorg(1)
	w.SetGasPrice(num(9))
	w.mine()
	require.Equal(t, chain.Mined, status("first"), "there is one token to transfer")
	require.Equal(t, chain.Reverted, status("second"))
}

func TestPublicPoolShowsWhatIsPublic(t *testing.T) {
	w := newWorld(t, memchain.Options{GasPrice: num(100)})
	token := memchain.NewToken(w.Chain, 6)
	client := w.Client(keeper)
	tx := chain.Tx{Call: abi.Transfer.Call(token.Address(), abi.Payment{Who: bob}), MaxGasPrice: num(10), Deadline: 100}
	send := func(id string, tx chain.Tx) { t.Helper(); require.NoError(t, second(client.Send(t.Context(), id, tx))) }
	send("private", tx)
	require.Empty(t, w.PublicPool())

	public := tx
	public.Public = true
	send("public", public)
	public.MaxGasPrice = num(11)
	send("public", public)
	require.Equal(t, []chain.Tx{public}, w.PublicPool())
	clear(w.PublicPool()[0].Data)
	require.Equal(t, []chain.Tx{public}, w.PublicPool())

	client.Drop("public")
	require.Empty(t, w.PublicPool())
	send("public", public)
	require.Len(t, w.PublicPool(), 1)
	require.NoError(t, client.Cancel(t.Context(), "public", num(20)))
	require.Empty(t, w.PublicPool())
	send("mined", public)
	w.SetGasPrice(num(11))
	w.mine()
	require.Empty(t, w.PublicPool())
}

func TestClientsWorkWhileTheHostMines(t *testing.T) {
	w := newWorld(t, memchain.Options{})
	token := memchain.NewToken(w.Chain, 6)
	client := w.Client(keeper)
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			for number := range uint64(100) {
				b, err := client.Block(t.Context(), number)
				if err != nil {
					continue
				}
				answers, err := client.Read(t.Context(), b.Hash, abi.BalanceOf.Call(token.Address(), bob))
				if errors.Is(err, chain.ErrReorged) {
					continue
				}
				if err != nil || new(uint256.Int).SetBytes(answers[0]).Uint64() != number {
					t.Errorf("block %d: %x %v", number, answers, err)
				}
			}
		})
	}
	mint := memchain.Tx{Do: func(env memchain.Env) error { return token.Mint(env, bob, num(1)) }}
	for range 100 {
		w.mine(mint)
		w.mine(mint)
		w.reorg(1)
	}
	all.Wait()
	require.Equal(t, num(100), token.Supply())
}

func TestReadSeesThePastAndLeavesThePresent(t *testing.T) {
	w := newWorld(t, memchain.Options{})
	token := memchain.NewToken(w.Chain, 6)
	client := w.Client(keeper)
	var blocks []chain.Block
	for i := range uint64(5) {
		w.do(bob, func(env memchain.Env) error { return token.Mint(env, bob, num(i+1)) })
		blocks = append(blocks, w.Head())
	}
	for i, want := range []uint64{1, 3, 6, 10, 15} {
		answers, err := client.Read(t.Context(), blocks[i].Hash, abi.BalanceOf.Call(token.Address(), bob))
		require.NoError(t, err)
		got, err := abi.BalanceOf.Result(answers[0])
		require.NoError(t, err)
		require.Equal(t, num(want), got)
		require.Equal(t, num(15), token.Balance(bob))
	}
	_, err := client.Read(t.Context(), blocks[1].Hash, chain.Call{To: chain.Address{1}})
	require.ErrorIs(t, err, chain.ErrReverted)
	_, err = client.Read(t.Context(), blocks[1].Hash, chain.Call{To: token.Address(), Data: []byte{1, 2, 3, 4}})
	require.ErrorIs(t, err, chain.ErrReverted)
	paid := abi.BalanceOf.Call(token.Address(), bob)
	paid.Value = num(1)
	_, err = client.Read(t.Context(), blocks[1].Hash, paid)
	require.ErrorIs(t, err, chain.ErrReverted)
	require.Equal(t, num(15), token.Balance(bob))
	w.reorg(2)
	require.Equal(t, num(6), token.Balance(bob))
}

// Whatever is sent, cancelled, lost, delayed, mined and reorganised: each id has
// its effect once if it is Mined and never otherwise, no status but a reorg's
// victim changes once it is settled, and tokens are conserved.
func TestAnIDIsMinedAtMostOnceInAnyWeather(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ctx := t.Context()
		c := memchain.New(138, genesis, memchain.Options{GasPrice: num(10), GasPerTx: 1, History: 8})
		token := memchain.NewToken(c, 6)
		mine := func(txs ...memchain.Tx) {
			if _, err := c.Mine(c.Head().Time.Add(time.Second), txs...); err != nil {
				t.Fatal(err)
			}
		}
		mine(memchain.Tx{Do: func(env memchain.Env) error { return token.Mint(env, keeper, num(1000)) }})
		for range 8 {
			mine() // the mint is beyond the reach of reorgs
		}
		ids := []string{"a", "b", "c"}
		payee := func(id string) chain.Address { return chain.Address{id[0]} }
		tx := func(id string, price, deadline uint64) chain.Tx {
			return chain.Tx{Call: abi.Transfer.Call(token.Address(), abi.Payment{Who: payee(id), Amount: num(1)}), MaxGasPrice: num(price), Deadline: deadline}
		}
		sent := make(map[string]chain.Tx)
		client := c.Client(keeper)
		anyID := rapid.SampledFrom(ids)
		price := rapid.Uint64Range(8, 14)
		var settled map[string]chain.Receipt // since the last reorg

		t.Repeat(map[string]func(*rapid.T){
			"send": func(t *rapid.T) {
				id := anyID.Draw(t, "id")
				next, known := sent[id]
				if !known {
					next = tx(id, 0, c.Head().Number+rapid.Uint64Range(0, 6).Draw(t, "time"))
				}
				next.MaxGasPrice = num(price.Draw(t, "price"))
				_, err := client.Send(ctx, id, next)
				if err == nil || errors.Is(err, memchain.ErrAnswerLost) {
					sent[id] = next
				} else if known || !errors.Is(err, chain.ErrTooLate) {
					t.Fatalf("send %s: %v", id, err)
				}
			},
			"cancel": func(t *rapid.T) {
				err := client.Cancel(ctx, anyID.Draw(t, "id"), num(price.Draw(t, "price")))
				if err != nil && !errors.Is(err, chain.ErrNotFound) && !errors.Is(err, chain.ErrUnderpriced) && !errors.Is(err, memchain.ErrAnswerLost) {
					t.Fatal(err)
				}
			},
			"weather": func(t *rapid.T) {
				client.SetFaults(memchain.Faults{
					DelayBlocks: rapid.Uint64Range(0, 1).Draw(t, "delay"), LoseAnswers: rapid.Bool().Draw(t, "lose"),
					Drop: rapid.Bool().Draw(t, "drop"), Revert: rapid.Bool().Draw(t, "revert"),
					LagBlocks: rapid.Uint64Range(0, 2).Draw(t, "lag"),
				})
				c.SetGasPrice(num(price.Draw(t, "gas")))
			},
			"restart": func(*rapid.T) { client = c.Client(keeper) },
			"drop":    func(t *rapid.T) { client.Drop(anyID.Draw(t, "id")) },
			"mine":    func(*rapid.T) { mine() },
			"reorg": func(t *rapid.T) {
				if _, err := c.Reorg(rapid.IntRange(0, 3).Draw(t, "depth")); err == nil {
					settled = nil
				}
			},
			"": func(t *rapid.T) {
				receipts := make(map[string]chain.Receipt)
				healthy := c.Client(keeper)
				for _, id := range ids {
					r, err := healthy.Receipt(ctx, id)
					if _, known := sent[id]; known != (err == nil) {
						t.Fatalf("receipt of %s, sent %t: %v", id, known, err)
					}
					balance := token.Balance(payee(id))
					if effect := balance.Uint64(); effect > 1 || (effect == 1) != (r.Status == chain.Mined) {
						t.Fatalf("%s is %s and was executed %d times", id, r.Status, effect)
					}
					if r.Block > sent[id].Deadline {
						t.Fatalf("%s was included in block %d, past its deadline %d", id, r.Block, sent[id].Deadline)
					}
					if before, ok := settled[id]; ok && fmt.Sprint(before) != fmt.Sprint(r) {
						t.Fatalf("%s was settled as %v and is %v", id, before, r)
					}
					if err == nil && r.Status != chain.Pending {
						receipts[id] = r
					}
				}
				settled = receipts
				var sum uint256.Int
				for _, who := range []chain.Address{keeper, payee("a"), payee("b"), payee("c")} {
					balance := token.Balance(who)
					sum.Add(&sum, &balance)
				}
				if supply := token.Supply(); sum != supply || supply != num(1000) {
					t.Fatalf("balances sum to %s of %s", sum.Dec(), supply.Dec())
				}
			},
		})
	})
}
