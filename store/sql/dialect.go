package sql

import (
	"io"
	"io/fs"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
)

// dialect is where the two databases differ.
type dialect struct {
	goose     goose.Dialect
	types     *strings.Replacer // for the words in braces of a migration; a line that begins with {postgres} is PostgreSQL's alone
	oneWriter bool              // to the whole database, and whoever else would write asks again and again
	lock      string            // ends a SELECT whose row is to be changed
	params    func(from, n int) string
}

var (
	sqliteDialect = dialect{
		goose:     goose.DialectSQLite3,
		types:     strings.NewReplacer("{number}", "INTEGER", "{money}", "TEXT", "{name}", "TEXT", "{postgres}", "--"),
		oneWriter: true,
		// SQLite takes $1 for a name, and looks for it among all others.
		params: func(_, n int) string { return strings.TrimSuffix(strings.Repeat("?,", n), ",") },
	}
	postgresDialect = dialect{
		goose:  goose.DialectPostgres,
		types:  strings.NewReplacer("{number}", "BIGINT", "{money}", "NUMERIC", "{name}", `TEXT COLLATE "C"`, "{postgres}", ""),
		lock:   " FOR UPDATE",
		params: numbered,
	}
)

// numbered returns "$from,...", n of them.
func numbered(from, n int) string {
	var b []byte
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(append(b, '$'), int64(from+i), 10)
	}
	return string(b)
}

// translated is a folder of migrations in the types of a dialect.
type translated struct {
	fs.FS
	types *strings.Replacer
}

// Open implements io/fs.FS.
func (t translated) Open(name string) (fs.File, error) {
	file, err := t.FS.Open(name)
	if err != nil || !strings.HasSuffix(name, ".sql") {
		return file, err
	}
	text, err := io.ReadAll(file)
	return script{file, strings.NewReader(t.types.Replace(string(text)))}, err
}

// script is a file with another text.
type script struct {
	fs.File
	text io.Reader
}

// Read implements io/fs.File.
func (s script) Read(b []byte) (int, error) { return s.text.Read(b) }
