package risk

import (
	"fmt"
	"strings"
	"time"

	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk/score"
)

// Role is who looks. The zero Role may see nothing.
type Role string

// The roles.
const (
	Retail       Role = "retail"       // summaries
	Professional Role = "professional" // everything about the instrument
	RiskManager  Role = "risk_manager" // and about the models
	Compliance   Role = "compliance"   // and what an audit asks for
)

// Roles returns them all.
func Roles() []Role { return []Role{Retail, Professional, RiskManager, Compliance} }

// Detail is how much somebody asks for.
type Detail string

// The details.
const (
	Short Detail = "summary"
	Full  Detail = "full"
	Audit Detail = "audit"
)

// View returns what a role may see of a translation. Nothing leaves but through it:
// REST, streams and logs show what it returns. Each role has a list of the sections
// that it may see, and each section writes the fields that it consists of; whatever
// is on no list is never written. A role that is not known, or that asks for more
// than it may see, gets [ErrForbidden].
func View(t Translation, role Role, detail Detail) (Body, error) {
	var b Body
	parts, ok := allowed(role, detail)
	if !ok {
		return Body{}, fmt.Errorf("%w: %.64q of a translation for %.64q", ErrForbidden, detail, role)
	}
	for _, write := range parts {
		write(&b, t)
	}
	return b, nil
}

type section func(*Body, Translation)

// allowed is the list of what each role may see.
func allowed(role Role, detail Detail) ([]section, bool) {
	switch {
	case role == Retail && detail == Short,
		role == Professional && detail == Short,
		role == RiskManager && detail == Short,
		role == Compliance && detail == Short:
		return []section{summary}, true
	case role == Professional && detail == Full,
		role == Compliance && detail == Full:
		return []section{summary, full, inventory}, true
	case role == RiskManager && detail == Full:
		return []section{summary, full, inventory, governance}, true
	case role == RiskManager && detail == Audit,
		role == Compliance && detail == Audit:
		return []section{summary, full, inventory, governance, audit}, true
	default:
		return nil, false
	}
}

const shownHash = 16 // digits of a hash for people

// summary is what everybody may see: the uncertainty of it, the caveats and the
// hash too, and of a way out that is closed, why and for which size it is not.
func summary(b *Body, t Translation) {
	b.Success, b.Message, b.Timestamp = true, "Success", t.At
	b.ISIN, b.AsOf = t.ISIN, t.At
	overall, index := t.Risk.Overall, t.Profile.Index
	b.Risk = ScoresBody{
		Overall: numberIf(overall.Level != score.Insufficient, overall.Value), Level: string(overall.Level),
		Range:      RangeBody{number(overall.Low), number(overall.High)},
		Confidence: number(t.Risk.Confidence), Missing: overall.Missing,
	}
	best, exit := t.Exits.Best()
	b.Profile = LiquidityBody{
		Index: numberIf(index.Level != market.Insufficient, index.Value), Level: string(index.Level),
		SpreadBps: number(t.Profile.SpreadBps), Minutes: numberIf(exit, best.Minutes), Missing: index.Missing,
	}
	b.Exits = []ExitBody{}
	for _, r := range t.Exits.Routes {
		b.Exits = append(b.Exits, exitSummary(r))
	}
	b.RetailNarrative, b.Size = t.Retail, number(t.Sale.Size)
	b.Warnings, b.Caveats = textsOf(t.Warnings, Notice.plain), textsOf(t.Caveats, Notice.plain)
	b.Confidence, b.Freshness = number(t.Confidence), t.Freshness
	b.Hash = t.Hash[:min(shownHash, len(t.Hash))]
}

func exitSummary(r market.Route) ExitBody {
	e := ExitBody{Path: r.Path, Priority: r.Priority, MaxSize: numberIf(r.MaxSize.Valid, r.MaxSize.Decimal)}
	for _, refusal := range r.Refusals {
		e.Refusals = append(e.Refusals, RefusalBody{refusal.Reason, number(refusal.Limit), reasonPhrase(refusal)})
	}
	if !r.Available {
		return e
	}
	e.Fill, e.Minutes, e.SpreadBps = number(r.FillProbability.Value), number(r.Minutes), number(r.SpreadBps)
	e.P50, e.P90 = numberIf(r.P50.Valid, r.P50.Decimal), numberIf(r.P90.Valid, r.P90.Decimal)
	if f := r.FillProbability; f.Low.Valid && f.High.Valid {
		e.FillLow, e.FillHigh, e.FillN = number(f.Low.Decimal), number(f.High.Decimal), f.N
	}
	return e
}

func textsOf(notices []Notice, text func(Notice) string) []string {
	all := make([]string, len(notices))
	for i, n := range notices {
		all[i] = text(n)
	}
	return all
}

// full is everything about an instrument, with where it is known from.
func full(b *Body, t Translation) {
	b.Warnings = textsOf(t.Warnings, func(n Notice) string { return n.Text })
	b.ProfessionalSummary, b.Origin = t.Professional, own(t)
	m := t.Models
	b.ModelVersions = map[string]string{
		"translation": m.Translation.Version, "liquidity_index": m.Index.Version,
		"exit_recommender": m.Exits.Version, "risk_scoring": m.Scores.Version,
	}
	b.Risk.Origin = own(t)
	for _, c := range t.Risk.Categories {
		b.Risk.Categories = append(b.Risk.Categories, categoryBody(c, t))
	}
	p, index := t.Profile, t.Profile.Index
	b.Profile.Confidence, b.Profile.Mid, b.Profile.DepthScore = number(index.Confidence), number(p.Mid), number(p.DepthScore)
	b.Profile.Turnover = numberIf(p.TurnoverRank.Percentile.Valid, p.TurnoverRank.Percentile.Decimal)
	b.Profile.Doubts = p.Doubts
	b.Profile.Origin = originOf(t.Origins.Book, m.Index.Version)
	for _, c := range index.Components {
		b.Profile.Components = append(b.Profile.Components, ComponentBody{c.Name, number(c.Score), number(c.Weight)})
	}
	b.Exits = []ExitBody{}
	for _, r := range t.Exits.Routes {
		b.Exits = append(b.Exits, exitFull(r, t))
	}
	b.Bond = bondBody(t)
}

func bondBody(t Translation) *BondBody {
	is := t.Bond
	body := &BondBody{
		Rating: is.Rating, Tenor: is.Tenor, IssuerClass: is.IssuerClass, CouponPct: number(is.CouponPct),
		IssueSize: numberIf(is.IssueSize.IsPositive(), is.IssueSize),
		Origin:    originOf(t.Origins.Bond, t.Models.Translation.Version),
	}
	if !is.Maturity.IsZero() {
		date := is.Maturity.Format(time.DateOnly)
		body.Maturity = &date
	}
	return body
}

func categoryBody(c Assessed, t Translation) CategoryBody {
	body := CategoryBody{
		Name: c.Category, Level: string(c.Score.Level), Score: numberIf(c.Score.Level != score.Insufficient, c.Score.Value),
		Note: noteOf(c), Weight: number(c.Weight), Confidence: number(c.Confidence),
		Parts: []PartBody{}, Missing: c.Score.Missing, Neutral: c.Score.Neutral,
		Origin: originOf(c.Evidence, t.Models.Scores.Version),
	}
	if c.Evidence.Source == "" {
		body.Origin = own(t) // that nothing is known, we say
	}
	for _, p := range c.Score.Parts {
		body.Parts = append(body.Parts, PartBody{p.Name, number(p.Points)})
	}
	return body
}

// noteOf says what a score mostly comes from.
func noteOf(c Assessed) string {
	if c.Score.Level == score.Insufficient {
		return "Not known: " + spaced(strings.Join(c.Score.Missing, ", "))
	}
	var most score.Part
	for _, p := range c.Score.Parts {
		if p.Points.GreaterThan(most.Points) {
			most = p
		}
	}
	switch most.Name {
	case "":
		return "Nothing that is known adds to it"
	case score.StatedPart:
		return "As stated by " + c.Evidence.Source
	default:
		return fmt.Sprintf("Mostly from %s, %s points", spaced(most.Name), tenth(most.Points))
	}
}

func spaced(name string) string { return strings.ReplaceAll(name, "_", " ") }

func exitFull(r market.Route, t Translation) ExitBody {
	e := exitSummary(r)
	if r.Available {
		e.Price, e.NetPrice, e.Confidence = number(r.Price), number(r.NetPrice), number(r.Confidence)
		e.TimeBasis, e.Constraints, e.DominatedBy = r.TimeBasis, r.Constraints, r.DominatedBy
	}
	if !r.Opens.IsZero() {
		e.Opens = &r.Opens
	}
	e.Rationale = rationale(r)
	from := t.Origins.Book
	switch {
	case r.Path == market.ByMaker && t.Origins.Maker != nil:
		from = *t.Origins.Maker
	case r.Path == market.ByAuction && t.Origins.Auction != nil:
		from = *t.Origins.Auction
	}
	e.Origin = originOf(from, t.Models.Exits.Version)
	return e
}

// inventory is what a market maker's clients may not see.
func inventory(b *Body, t Translation) {
	m := t.Maker
	if m == nil || t.Origins.Maker == nil {
		return
	}
	b.Profile.Maker = &MakerBody{
		Online: m.Online, SpreadBps: number(m.LastQuoteSpreadBps), Quotes: m.Quotes24h,
		Inventory: [3]*Number{number(m.Inventory.Low), number(m.Inventory.Target), number(m.Inventory.High)},
		Origin:    originOf(*t.Origins.Maker, t.Models.Index.Version),
	}
}

// governance is how well the models do.
func governance(b *Body, t Translation) {
	m := t.Metrics
	g := &GovernanceBody{
		Models: t.Models, Looks: m.Looks, Outcomes: m.Outcomes, Origin: own(t),
		StaleRate: numberIf(m.StaleRate.Valid, m.StaleRate.Decimal), Adoption: numberIf(m.Adoption.Valid, m.Adoption.Decimal),
		Drift: numberIf(m.Drift.Valid, m.Drift.Decimal),
	}
	if a := m.Accuracy; a != nil {
		g.MAPE = numberIf(a.MAPE.Valid, a.MAPE.Decimal)
		g.Brier, g.BrierOfRate = number(a.Brier), number(a.Reference)
	}
	b.Governance = g
}

// audit is what makes a translation one that can be made again.
func audit(b *Body, t Translation) {
	b.Audit = &AuditBody{Schema: Schema, Hash: t.Hash, Models: t.Models, Reserve: number(t.Sale.Reserve), Origin: own(t)}
}

// own is the origin of what a translation itself works out.
func own(t Translation) *Origin {
	return &Origin{Source: "evenkeel", AsOf: t.At, Citations: []string{"inputs_hash " + t.Hash}, ModelVersion: t.Models.Translation.Version}
}

func originOf(e Evidence, model string) *Origin {
	o := &Origin{Source: e.Source, AsOf: e.At, Citations: e.Citations, ModelVersion: model}
	if o.Citations == nil {
		o.Citations = []string{}
	}
	return o
}

// rationale says why a route is where it is.
func rationale(r market.Route) string {
	if !r.Available {
		return title(reasons(r))
	}
	said := fmt.Sprintf("Filled within %[2]s minutes with a probability of %[1]s, at a spread of %[3]s bps", percent(r.FillProbability.Value), whole(r.Minutes), tenth(r.SpreadBps))
	if !r.Opens.IsZero() {
		said += ", from the window at " + r.Opens.Format(time.RFC3339)
	}
	if n := r.FillProbability.N; n > 0 {
		said += fmt.Sprintf("; recorded sales taken into account: %d", n)
	}
	return said
}
