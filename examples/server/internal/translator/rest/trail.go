package rest

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/access"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/translator"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk"
)

type auditIn struct {
	Asked
	ISIN      string `path:"isin" maxLength:"64" doc:"With .csv after it, a table."`
	AsOf      string `query:"as_of" doc:"The time; of a table, that of the last record." example:"2026-03-01T12:00:00Z"`
	TradeSize string `query:"trade_size" doc:"Of JSON: face value, > 0." example:"100000"`
	After     uint64 `query:"after" doc:"Of a table: number of the last record that is known."`
	Limit     int    `query:"limit" default:"1000" minimum:"1" maximum:"10000" doc:"Of a table."`
	Accept    string `header:"Accept"`
}

// auditOut is JSON or a table.
type auditOut struct {
	ContentType string `header:"Content-Type"`
	Link        string `header:"Link" doc:"Of a table that was cut off: where it goes on, rel=next."`
	Body        []byte
}

// auditMedia is what an auditOut may be.
var auditMedia = map[string]any{"application/json": Trail{}, "text/csv": ""}

// Trail is what an auditor asks for.
type Trail struct {
	Stamp
	ISIN        market.ISIN `json:"isin"`
	AsOf        time.Time   `json:"as_of" doc:"That was asked for."`
	Record      Record      `json:"record"`
	Translation Audited     `json:"translation"`
	Canonical   string      `json:"canonical" doc:"What the hash is made of, after the schema and a line feed."`
}

// Audited is a translation as an auditor sees it.
type Audited risk.Body

// Schema implements huma.SchemaProvider, as [Translation] does.
func (Audited) Schema(r huma.Registry) *huma.Schema { return Translation{}.Schema(r) }

// Record is one of an instrument's journal.
type Record struct {
	Key    string    `json:"key"`
	Seq    uint64    `json:"seq"`
	At     time.Time `json:"at"`
	Engine string    `json:"engine"`
	Config string    `json:"config"`
	Prev   string    `json:"prev"`
	Hash   string    `json:"hash"`
	Reason string    `json:"reason"`
	Events []string  `json:"events"`
}

func (s *server) audit(ctx context.Context, caller access.Caller, in *auditIn) (*auditOut, error) {
	name, table := strings.CutSuffix(in.ISIN, ".csv")
	isin, err := s.isin("path.isin", name)
	if err != nil {
		return nil, err
	}
	write := s.auditJSON
	if table || strings.HasPrefix(in.Accept, "text/csv") {
		write = s.auditCSV
	}
	out, err := write(ctx, role(caller), isin, in)
	if err != nil {
		return nil, err
	}
	return out, s.record(ctx, caller, "audit", string(isin), in.Asked)
}

func (s *server) auditJSON(ctx context.Context, who risk.Role, isin market.ISIN, in *auditIn) (*auditOut, error) {
	at, err := s.instant("query.as_of", in.AsOf)
	if err != nil {
		return nil, err
	}
	amount, err := size(in.TradeSize)
	if err != nil {
		return nil, err
	}
	look, err := s.service.At(ctx, isin, at)
	if err != nil {
		return nil, err
	}
	sale := s.service.Sale(amount)
	if t := look.Decision.Translation; t != nil && in.TradeSize == "" {
		sale = t.Sale // as it was usual then
	}
	t, err := s.service.For(look, sale)
	if err != nil {
		return nil, err
	}
	body, err := risk.View(t, who, risk.Audit)
	if err != nil {
		return nil, err
	}
	canonical, err := s.service.Canonical(look, sale)
	if err != nil {
		return nil, err
	}
	trail := Trail{s.stamp(), isin, at, recordOf(look), Audited(body), canonical}
	out := &auditOut{ContentType: "application/json"}
	out.Body, err = json.Marshal(trail)
	return out, err
}

func recordOf(l translator.Look) Record {
	r := Record{
		Key: l.Key, Seq: l.Seq, At: l.At, Engine: l.Engine, Config: hex.EncodeToString(l.Config[:]),
		Prev: hex.EncodeToString(l.Prev[:]), Hash: hex.EncodeToString(l.Hash[:]), Reason: string(l.Decision.Reason), Events: []string{},
	}
	for _, e := range l.Decision.Events {
		what := string(e.Kind)
		if e.Alert != nil {
			what += " " + string(e.Alert.Type)
		}
		r.Events = append(r.Events, what)
	}
	return r
}

// auditHead names the columns of a table.
var auditHead = []string{
	"seq", "at", "engine", "config", "prev", "hash", "reason", "events", "fault",
	"inputs_hash", "overall_score", "overall_level", "liquidity_index", "liquidity_level", "spread_bps",
	"best_path", "fill_probability", "expected_time_to_exit_minutes", "confidence_overall", "data_freshness", "risk_warnings",
}

func (s *server) auditCSV(ctx context.Context, who risk.Role, isin market.ISIN, in *auditIn) (*auditOut, error) {
	at, err := s.instant("query.as_of", in.AsOf)
	if err != nil {
		return nil, err
	}
	if in.TradeSize != "" {
		return nil, malformed("query.trade_size", in.TradeSize, "must not be there for a table")
	}
	newest, err := s.service.At(ctx, isin, at)
	if err != nil {
		return nil, err
	}
	var table bytes.Buffer
	w := csv.NewWriter(&table)
	if err := w.Write(auditHead); err != nil {
		return nil, err
	}
	rows, last := 0, in.After
	for l, err := range s.service.History(ctx, isin, in.After) {
		if err != nil {
			return nil, err
		}
		if l.Seq > newest.Seq || rows == in.Limit {
			break
		}
		row, err := auditRow(l, who)
		if err == nil {
			err = w.Write(row)
		}
		if err != nil {
			return nil, err
		}
		rows, last = rows+1, l.Seq
	}
	out := &auditOut{ContentType: "text/csv; charset=utf-8"}
	if last < newest.Seq {
		out.Link = in.next(isin, last)
	}
	w.Flush()
	out.Body = table.Bytes()
	return out, w.Error()
}

// next is a Link to what of a table comes after its last record.
func (in *auditIn) next(isin market.ISIN, last uint64) string {
	ask := url.Values{"after": {strconv.FormatUint(last, 10)}, "limit": {strconv.Itoa(in.Limit)}}
	if in.AsOf != "" {
		ask.Set("as_of", in.AsOf)
	}
	return fmt.Sprintf(`<%s/audit/%s.csv?%s>; rel="next"`, Prefix, isin, ask.Encode())
}

func auditRow(l translator.Look, who risk.Role) ([]string, error) {
	r := recordOf(l)
	row := []string{
		strconv.FormatUint(r.Seq, 10), r.At.Format(time.RFC3339Nano), r.Engine, r.Config, r.Prev, r.Hash,
		r.Reason, strings.Join(r.Events, "; "), plain(l.Decision.Fault),
	}
	if l.Decision.Translation == nil {
		return append(row, make([]string, len(auditHead)-len(row))...), nil
	}
	b, err := risk.View(*l.Decision.Translation, who, risk.Audit)
	if err != nil {
		return nil, err
	}
	path, fill := "", ""
	if len(b.Exits) > 0 && b.Exits[0].Fill != nil {
		path, fill = string(b.Exits[0].Path), text(b.Exits[0].Fill)
	}
	return append(row, b.Audit.Hash, text(b.Risk.Overall), b.Risk.Level, text(b.Profile.Index), b.Profile.Level, text(b.Profile.SpreadBps),
		path, fill, text(b.Profile.Minutes), text(b.Confidence), string(b.Freshness), plain(strings.Join(b.Warnings, "; "))), nil
}

// text writes a number as JSON does, or nothing if it is not known.
func text(n *risk.Number) string {
	if n == nil {
		return ""
	}
	written, err := n.MarshalJSON()
	if err != nil {
		return ""
	}
	return string(written)
}

// plain keeps a spreadsheet from taking somebody's text for a formula.
func plain(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
