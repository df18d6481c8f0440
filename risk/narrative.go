package risk

import (
	"embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk/score"
)

//go:embed text
var files embed.FS

const (
	retailText       = "retail.tmpl"
	professionalText = "professional.tmpl"
)

func texts() (*template.Template, error) {
	return template.New("").Option("missingkey=error").ParseFS(files, "text/*.tmpl")
}

// tell writes the two narratives of a translation.
func (e *Engine) tell(t *Translation) error {
	s := story(*t, e.cfg.Policy.Grade(t.Bond.Rating))
	for _, n := range []struct {
		file string
		to   *string
	}{{retailText, &t.Retail}, {professionalText, &t.Professional}} {
		var text strings.Builder
		if err := e.texts.ExecuteTemplate(&text, n.file, s); err != nil {
			return fmt.Errorf("tell %s: %w", n.file, err)
		}
		*n.to = strings.TrimSpace(text.String())
	}
	return nil
}

// told is a translation in words: shares in per cent and scores with one decimal,
// times in whole minutes, spreads in bps with one decimal.
type told struct {
	Overall, Market, Rating string // sentences for people
	Score, Index            string // for professionals
	Range                   string // of the overall score; empty if it is known no better than that
	Size                    string
	Best                    *toldRoute
	Open, Closed            []toldRoute
	Passable                string // the largest sale that would pass, if none does at this size
	Categories              []string
	Doubts                  []string
	Warnings                []string // those that the rest of the text does not say
	SpreadBps, Depth        string
	FactsAt, BookAt         string
	Freshness, Confidence   string
}

type toldRoute struct {
	Place              int
	Name, Priority     string
	Fill, Low, High    string
	Minutes, SpreadBps string
	Constraints, Why   string
}

func story(t Translation, grade string) told {
	p, joint := t.Profile, t.Risk.Overall
	s := told{
		Overall: overallSentence(joint), Market: marketSentence(p.Index), Rating: ratingSentence(t.Bond.Rating, grade),
		Score: fmt.Sprintf("%s (confidence: %s)", scored(joint.Value, string(joint.Level), joint.Level == score.Insufficient), percent(t.Risk.Confidence)),
		Index: scored(p.Index.Value, string(p.Index.Level), p.Index.Level == market.Insufficient),
		Range: fmt.Sprintf("The score may be anywhere between %s and %s of 100.", tenth(joint.Low), tenth(joint.High)),
		Size:  grouped(t.Sale.Size), SpreadBps: tenth(p.SpreadBps), Depth: tenth(p.DepthScore),
		FactsAt: t.Risk.At.Format(time.RFC3339), BookAt: t.Origins.Book.At.Format(time.RFC3339),
		Freshness: strings.ReplaceAll(string(t.Freshness), "_", " "), Confidence: percent(t.Confidence),
	}
	for i, r := range t.Exits.Routes {
		if r.Available {
			s.Open = append(s.Open, tellRoute(i+1, r))
		} else {
			s.Closed = append(s.Closed, tellRoute(0, r))
		}
	}
	if len(s.Open) > 0 {
		s.Best = &s.Open[0]
	} else {
		s.Passable = passable(t.Exits.Routes)
	}
	for _, c := range t.Risk.Categories {
		s.Categories = append(s.Categories, fmt.Sprintf("%s: %s - %s confidence", c.Category,
			scored(c.Score.Value, string(c.Score.Level), c.Score.Level == score.Insufficient), percent(c.Confidence)))
	}
	for _, d := range p.Doubts {
		s.Doubts = append(s.Doubts, strings.ReplaceAll(string(d), "_", " "))
	}
	for _, w := range t.Warnings {
		if !slices.Contains([]NoticeKind{NoticeKind(market.NoRoute), NoScore, NoIndex}, w.Kind) {
			s.Warnings = append(s.Warnings, w.plain())
		}
	}
	return s
}

func scored(value decimal.Decimal, level string, insufficient bool) string {
	if insufficient {
		return "not enough data"
	}
	return fmt.Sprintf("%s/100 (%s)", tenth(value), level)
}

func tellRoute(place int, r market.Route) toldRoute {
	told := toldRoute{
		Place: place, Name: PathName(r.Path), Priority: title(string(r.Priority)),
		Fill: percent(r.FillProbability.Value), Minutes: whole(r.Minutes), SpreadBps: tenth(r.SpreadBps),
	}
	if f := r.FillProbability; f.Low.Valid && f.High.Valid {
		told.Low, told.High = percent(f.Low.Decimal), percent(f.High.Decimal)
	}
	words := make([]string, len(r.Constraints))
	for i, c := range r.Constraints {
		words[i] = strings.ReplaceAll(string(c), "_", " ")
	}
	told.Constraints = strings.Join(words, ", ")
	told.Why = reasons(r)
	return told
}

// passable says what size would pass, if the size is all that stands against a
// route.
func passable(routes []market.Route) string {
	var most decimal.Decimal
	for _, r := range routes {
		if r.MaxSize.Valid {
			most = decimal.Max(most, r.MaxSize.Decimal)
		}
	}
	if most.IsZero() {
		return ""
	}
	return "A sale of up to " + grouped(most) + " would find a way."
}

// PathName is what people call a path.
func PathName(p market.Path) string {
	switch p {
	case market.ByMaker:
		return "Market Maker Quote"
	case market.ByAuction:
		return "Fractional Auction"
	case market.ByRFQ:
		return "RFQ Batch Window"
	default:
		return "Tokenized P2P"
	}
}

func title(word string) string { return strings.ToUpper(word[:1]) + word[1:] }

func overallSentence(j score.Joint) string {
	switch j.Level {
	case score.Low:
		return "This bond presents a low overall risk profile. Little of what we know gives reason to worry."
	case score.Medium:
		return "This bond presents a moderate overall risk profile. Some of what we know deserves your attention."
	case score.High:
		return "This bond presents an elevated overall risk profile. Much of what we know could hurt its value or its payments."
	case score.Critical:
		return "This bond presents a critical overall risk profile. You could lose much of what you put in."
	default:
		return "Too little is known of this bond for an overall risk profile. What is missing: " + strings.Join(j.Missing, ", ") + "."
	}
}

func marketSentence(i market.Index) string {
	switch i.Level {
	case market.Excellent:
		return "The market for it is excellent: it should sell at once, and close to its price."
	case market.Good:
		return "The market for it is good: it should sell without much delay or cost."
	case market.Moderate:
		return "The market for it is moderate: selling may take a while, or cost something."
	case market.Poor:
		return "The market for it is poor: selling may take long, and cost noticeably."
	case market.Illiquid:
		return "There is hardly a market for it: expect to wait, or to accept a much lower price."
	default:
		return "We have too little data to say how good the market for it is. What is missing: " + strings.Join(i.Missing, ", ") + "."
	}
}

// ratingSentence says what a rating of that grade means.
func ratingSentence(rating, grade string) string {
	switch grade {
	case "AAA":
		return rating + ", the best there is: a default is hardly to be expected."
	case "AA":
		return rating + ", very strong: a default is very unlikely."
	case "A":
		return rating + ", strong: a default is unlikely, though bad times may tell."
	case "BBB":
		return rating + ", adequate: bad times could make payments harder."
	case "BB":
		return rating + ", below investment grade: payments depend on times staying good."
	case "B":
		return rating + ", weak: a default is a real possibility."
	case "C":
		return rating + ", very weak: a default is likely."
	case "D":
		return rating + ", in default: payments have been missed."
	case "":
		return "no rating is known."
	default:
		return "rated " + strconv.Quote(rating) + ", which is not on our scale."
	}
}

// reasons are all that stands against a route. That it takes nothing goes without
// saying where it is closed altogether.
func reasons(r market.Route) string {
	var all []string
	for _, refusal := range r.Refusals {
		if len(all) > 0 && refusal.Limit.IsZero() && (refusal.Reason == market.RatingCap || refusal.Reason == market.IssuerCap) {
			continue
		}
		all = append(all, reasonPhrase(refusal))
	}
	return strings.Join(all, "; ")
}

func reasonPhrase(r market.Refusal) string {
	limit := grouped(r.Limit)
	switch r.Reason {
	case market.Regulatory:
		return "it is suspended"
	case market.NoMaker:
		return "nobody makes a market in it"
	case market.MakerOffline:
		return "the market maker does not quote"
	case market.NoAuction:
		return "no auction is announced"
	case market.BelowReserve:
		return "nobody there is expected to pay more than " + r.Limit.String() + ", which is less than the least price"
	case market.WindowClosed:
		return "the next window is more than " + limit + " minutes away"
	case market.RatingRestriction:
		return "it is closed to this rating"
	case market.TenorRestriction:
		return "it is closed to bonds of this term"
	case market.RatingCap:
		return "for this rating it takes at most " + limit
	case market.IssuerCap:
		return "for this kind of issuer it takes at most " + limit
	case market.MinLot:
		return "it takes at least " + limit
	default:
		return string(r.Reason)
	}
}
