package rpc

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/reward/payout"
)

// SignedConfig is what a [Signed] works with. Both are required.
type SignedConfig struct {
	Client *Client        // of a daemon that has PSBTs: bitcoind 0.18 or later
	Notes  evenkeel.Inbox // durable, and of this wallet alone; a note holds a whole transaction
}

// Signed pays with a transaction that it signs and stores before it broadcasts
// it. From then on the batch is these bytes: they may be sent as often as one
// likes and pay once. The notes are all that tells of them: a payer that is given
// an older copy of its notes signs anew, and pays again. Safe for concurrent use, also by several processes over the
// same notes.
type Signed struct {
	client *Client
	notes  notes
}

var _ payout.Payer = (*Signed)(nil)

// NewSigned returns [ErrInvalid] for a configuration out of its bounds.
func NewSigned(cfg SignedConfig) (*Signed, error) {
	switch {
	case cfg.Client == nil:
		return nil, invalid("SignedConfig.Client", "nil", "must be set")
	case cfg.Client.cfg.NumericAmounts:
		return nil, invalid("SignedConfig.Client", "with NumericAmounts", "must be of a daemon that has PSBTs, which reads strings")
	case cfg.Notes == nil:
		return nil, invalid("SignedConfig.Notes", "nil", "must be set")
	}
	return &Signed{client: cfg.Client, notes: notes{cfg.Notes}}, nil
}

// Pay implements payout.Payer.
func (p *Signed) Pay(ctx context.Context, b payout.Batch) error {
	if _, err := p.client.amounts(b); err != nil {
		return err
	}
	tx, err := p.stored(ctx, b.ID)
	if err != nil {
		return err
	}
	if tx == nil {
		if tx, err = p.prepare(ctx, b); err != nil {
			return err
		}
	}
	if tx.Void {
		return fmt.Errorf("%w: %s", payout.ErrRefused, voided)
	}
	return p.broadcast(ctx, tx)
}

// Void implements payout.Payer. It takes the place of the transaction.
func (p *Signed) Void(ctx context.Context, id string) error {
	err := p.notes.write(ctx, batchKey(id), noteTransaction, transaction{Void: true})
	if errors.Is(err, evenkeel.ErrConflict) {
		return fmt.Errorf("%w: a transaction is signed: %w", payout.ErrUnknown, err)
	}
	return err
}

// Find implements payout.Payer. A transaction in a block or in the node's own
// pool is Sent; one that the pool has lost is Pending, and Pay sends it again;
// one whose coins are spent elsewhere is Unknown.
func (p *Signed) Find(ctx context.Context, id string) (payout.Receipt, error) {
	tx, err := p.stored(ctx, id)
	if err != nil {
		return payout.Receipt{}, err
	}
	switch {
	case tx == nil:
		return payout.Receipt{Status: payout.Unsent}, nil
	case tx.Void:
		return payout.Receipt{Status: payout.Voided, Note: voided}, nil
	}
	var seen struct {
		Confirmations int    // < 0 is how deep the transaction lies that displaced it
		ReplacedBy    string `json:"replaced_by_txid"`
		Time          int64  // Unix seconds
	}
	err = p.client.Call(ctx, &seen, "gettransaction", tx.TxID)
	if no := refusal(err); no != nil && no.Code == notInWallet {
		return p.outside(ctx, tx, false)
	}
	switch {
	case err != nil:
		return payout.Receipt{}, err
	case seen.Confirmations < 0:
		return payout.Receipt{Note: remark("transaction %s was displaced by %s, %d deep",
			tx.TxID, cmp.Or(seen.ReplacedBy, "another one"), -seen.Confirmations)}, nil
	case seen.Confirmations > 0:
		return payout.Receipt{
			Status: payout.Sent, TxID: tx.TxID, Confirmations: seen.Confirmations, At: time.Unix(seen.Time, 0).UTC(),
		}, nil
	}
	return p.outside(ctx, tx, true)
}

// noteTransaction is the one note of a batch.
const noteTransaction = "transaction"

// stored returns the batch's transaction, nil if none was ever stored.
func (p *Signed) stored(ctx context.Context, id string) (tx *transaction, err error) {
	err = p.notes.read(ctx, batchKey(id), func(id string, body []byte) error {
		if id != noteTransaction {
			return errForeign(id)
		}
		tx = &transaction{}
		return json.Unmarshal(body, tx)
	})
	return tx, err
}

// prepare signs a transaction for b, checks it, and stores it; if another call
// was first, it returns what that one stored. Until it is stored nothing has
// happened: it exists nowhere else.
func (p *Signed) prepare(ctx context.Context, b payout.Batch) (*transaction, error) {
	tx, err := p.sign(ctx, b)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", payout.ErrRefused, err)
	}
	// Locked only now, when all is checked: what fails before leaves no coin
	// behind that the wallet cannot spend.
	if err := p.client.Call(ctx, nil, "lockunspent", false, tx.inputs); err != nil {
		return nil, fmt.Errorf("%w: %w", payout.ErrRefused, err)
	}
	stored := p.store(ctx, b.ID, tx)
	if stored == nil {
		return tx, nil
	}
	// If it is there all the same, another payment may now take its coins first.
	// Then people decide, and the wallet does not run dry.
	unlocked := p.client.Call(context.WithoutCancel(ctx), nil, "lockunspent", true, tx.inputs)
	there, err := p.stored(ctx, b.ID)
	if there != nil && unlocked == nil {
		return there, nil
	}
	return nil, errors.Join(stored, err, unlocked)
}

// store writes down that tx pays the batch, and nothing else does: coins that
// were locked are free again when a daemon restarts, so that it may sign for the
// next batch what is stored for this one.
func (p *Signed) store(ctx context.Context, id string, tx *transaction) error {
	if err := p.notes.write(ctx, "payer/tx/"+tx.TxID, "batch", id); err != nil {
		return fmt.Errorf("transaction %s pays another batch: %w", tx.TxID, err)
	}
	return p.notes.write(ctx, batchKey(id), noteTransaction, tx)
}

// sign has the wallet choose coins and sign, and checks what comes out.
func (p *Signed) sign(ctx context.Context, b payout.Batch) (*transaction, error) {
	var funded struct {
		PSBT      string
		ChangePos int
	}
	var outputs []map[string]any // in the order of the batch
	for _, o := range b.Outputs {
		outputs = append(outputs, map[string]any{o.Address: p.client.amount(o.Amount)})
	}
	if err := p.client.Call(ctx, &funded, "walletcreatefundedpsbt", []coin{}, outputs); err != nil {
		return nil, err
	}
	var signed struct {
		PSBT string
	}
	if err := p.client.Call(ctx, &signed, "walletprocesspsbt", funded.PSBT); err != nil {
		return nil, err
	}
	var final struct {
		Hex      string
		Complete bool
	}
	if err := p.client.Call(ctx, &final, "finalizepsbt", signed.PSBT); err != nil {
		return nil, err
	}
	if !final.Complete {
		return nil, errors.New("rpc: the wallet cannot sign all of the transaction")
	}
	var decoded struct {
		TxID string
		Vin  []coin
		Vout []output
	}
	if err := p.client.Call(ctx, &decoded, "decoderawtransaction", final.Hex); err != nil {
		return nil, err
	}
	tx := &transaction{TxID: decoded.TxID, Hex: final.Hex, inputs: decoded.Vin, outputs: decoded.Vout}
	return tx, tx.check(b, funded.ChangePos)
}

// broadcast sends the bytes. That the network has them already is what we want.
func (p *Signed) broadcast(ctx context.Context, tx *transaction) error {
	err := p.client.Call(ctx, nil, "sendrawtransaction", tx.Hex)
	if no := refusal(err); no != nil && (no.Code == alreadyInChain || known(no.Message)) {
		return nil
	}
	return err
}

// outside asks the node whether it would take tx, which is in no block that the
// wallet knows of: why not, tells where it is (bitcoind src/validation.cpp). What
// the wallet has and counts as valid lacks at most a parent that was lost with it.
func (p *Signed) outside(ctx context.Context, tx *transaction, inWallet bool) (payout.Receipt, error) {
	var verdicts []struct {
		Allowed bool
		Reason  string `json:"reject-reason"`
	}
	if err := p.client.Call(ctx, &verdicts, "testmempoolaccept", []string{tx.Hex}); err != nil {
		return payout.Receipt{}, err
	}
	if len(verdicts) != 1 {
		return payout.Receipt{}, fmt.Errorf("testmempoolaccept: %w: %d verdicts on one transaction", ErrNoAnswer, len(verdicts))
	}
	switch v := verdicts[0]; {
	case v.Allowed:
		return payout.Receipt{Status: payout.Pending, Note: "signed, and not in the node's pool"}, nil
	case known(v.Reason):
		return payout.Receipt{Status: payout.Sent, TxID: tx.TxID}, nil
	case strings.Contains(v.Reason, "missing") && !inWallet:
		return payout.Receipt{Note: remark("another transaction spent the coins of %s: %.100q", tx.TxID, v.Reason)}, nil
	default:
		return payout.Receipt{Status: payout.Pending, Note: remark("the node does not take it now: %.100q", v.Reason)}, nil
	}
}

// known reports whether a node refuses a transaction because it has it.
func known(reason string) bool {
	for _, have := range []string{"txn-already-in-mempool", "txn-already-known", "txn-same-nonwitness-data-in-mempool"} {
		if strings.Contains(reason, have) {
			return true
		}
	}
	return false
}
