package mesh

// Epoch is what happened in one epoch. Values are in Network.Unit, at the
// epoch's fair prices: statistics, not money.
type Epoch struct {
	Epoch    int         `json:"epoch"`
	Pools    []PoolEpoch `json:"pools"`
	Orders   Orders      `json:"orders"`
	InFlight float64     `json:"inFlight"` // value between chains at the end
}

// PoolEpoch is one pool in one epoch.
type PoolEpoch struct {
	DeviationPpm int64   `json:"deviationPpm"` // of the price from the fair price at the end
	Priced       bool    `json:"priced"`       // false: empty, without a price
	Value        float64 `json:"value"`        // of both reserves at the end
	ShortSide    float64 `json:"shortSide"`    // share of that in the smaller reserve; 0.5 is balanced

	Orders    Trades `json:"orders"`
	Arbitrage Trades `json:"arbitrage"`
	Keeper    Trades `json:"keeper"`
}

// Trades is sales to a pool.
type Trades struct {
	Count  int     `json:"count"`
	Volume float64 `json:"volume"` // what was paid
	Edge   float64 `json:"edge"`   // what was paid less what was received: the pool's gain, fees included
	Fees   float64 `json:"fees"`   // the part of it that is fees
	Gas    float64 `json:"gas"`    // not the pool's
}

func (t *Trades) add(o *Trades) {
	t.Count += o.Count
	t.Volume += o.Volume
	t.Edge += o.Edge
	t.Fees += o.Fees
	t.Gas += o.Gas
}

// Orders is what became of orders.
type Orders struct {
	Asked    int     `json:"asked"`
	Refused  int     `json:"refused"`  // no route took them
	Refunded int     `json:"refunded"` // parts of orders stopped on the way, and handed back as they were
	Value    float64 `json:"value"`    // of those not refused
}

func (o *Orders) add(p *Orders) {
	o.Asked += p.Asked
	o.Refused += p.Refused
	o.Refunded += p.Refunded
	o.Value += p.Value
}
