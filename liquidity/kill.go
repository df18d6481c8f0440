package liquidity

import (
	"time"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// Switch stops one bank or all. Anyone may trip it, and the engine does so by
// itself when something is so that must never be; it takes two people to reset.
// What is on its way is still followed, and reading goes on.
type Switch struct {
	Tripped bool
	By      string    // [Robot] or a person
	Why     string    // of the first who tripped it
	At      time.Time // when
	Reset   string    `json:",omitempty"` // who asked for a reset first
}

// trip stops all.
func (k *look) trip(why Reason, note string) {
	k.alert(why, "", note)
	k.next.Kill.trip(Robot, string(why)+": "+note, k.seen.At)
}

// tripBank stops one bank.
func (k *look) tripBank(b *bank, why Reason, note string) {
	k.alert(why, b.acct.Bank, note)
	b.acct.Kill.trip(Robot, string(why)+": "+note, k.seen.At)
}

func (s *Switch) trip(by, why string, at time.Time) {
	s.Reset = "" // who asked for a reset did not know of this
	if !s.Tripped {
		*s = Switch{Tripped: true, By: by, Why: valid.Cut(why), At: at}
	}
}

func (k *look) alert(why Reason, bank, note string) {
	k.d.Alerts = append(k.d.Alerts, Alert{why, bank, valid.Cut(note)})
}
